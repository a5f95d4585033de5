import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'test', 'gate', 'main.ts');

let suite: string;
beforeEach(() => {
  suite = mkdtempSync(join(tmpdir(), 'gated-suite-'));
  symlinkSync(join(root, 'node_modules'), join(suite, 'node_modules'));
  writeFileSync(join(suite, 'package.json'), '{ "type": "commonjs" }');
  const reporter = join(root, 'test', 'setup', 'reporter.js');
  const config = {
    maxWorkers: 2,
    reporters: ['default', reporter],
    workerThreads: false,
    testMatch: ['<rootDir>/t/*.js'],
  };
  writeFileSync(join(suite, 'jest.config.json'), JSON.stringify(config));
  mkdirSync(join(suite, 't'));
});
afterEach(() => rmSync(suite, { recursive: true, force: true }));

const write = (name: string, body: string): void =>
  writeFileSync(join(suite, 't', `${name}.js`), `test('${name}', async () => { ${body} });`);
/** Runs `body` in the first run, and passes in the second. */
const writeFlaky = (name: string, body: string): void =>
  write(
    name,
    `const { existsSync, writeFileSync } = require('node:fs'); const seen = ${JSON.stringify(join(suite, name))};
     if (!existsSync(seen)) { writeFileSync(seen, ''); ${body} }`,
  );

async function gate(): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, suite], {
    env: { ...process.env, NODE_OPTIONS: '', ARTENIC_TEST_FILE_SECONDS: '12' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [out, [code]] = await Promise.all([text(child.stdout), exited]);
  return { code, lines: out.trimEnd().split('\n') };
}

test('failures that pass alone are flaky, whatever they were: a failed test, a dead process, a loop without end', async () => {
  write('sound', 'expect(1).toBe(1);');
  writeFlaky('late', 'expect(1).toBe(2);');
  writeFlaky('dead', "process.kill(process.pid, 'SIGKILL');");
  // blocks the thread for good, and uses no processor time
  writeFlaky('endless', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
  const { code, lines } = await gate();
  expect(lines.at(-1)).toBe('4 passed, 0 failed, 0 skipped');
  expect(lines.filter((line) => / passed, /.test(line))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('flaky: ')).sort()).toEqual([
    'flaky: t/dead.js',
    'flaky: t/endless.js',
    'flaky: t/late.js',
  ]);
  expect(lines.find((line) => line.startsWith('slowest of '))).toBeDefined();
  expect(code).toBe(0);
}, 180_000);

test('a file that fails twice fails the run, and so does a suite without a test that passes', async () => {
  write('broken', "throw new Error('always');");
  const { code, lines } = await gate();
  expect(lines.slice(-2)).toEqual(['failed: t/broken.js', '0 passed, 1 failed, 0 skipped']);
  expect(code).toBe(1);
}, 120_000);
