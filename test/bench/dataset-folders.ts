/**
 * `node test/bench/dataset-folders.ts [files]`: upload of a folder with so many small files (100,000) of which one has
 * changed, beside DVC's `add` of the same folder, both warm; and of 100 files with so many gigabytes (`ARTENIC_BENCH_GB`,
 * 10) of which none has changed. DVC (PyPI `dvc`) is installed once.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { createStack, type Stack } from '../support/stack.ts';
import { rounded } from './statistics.ts';

const files = Number(process.argv[2] ?? '100000');
const gigabytes = Number(process.env['ARTENIC_BENCH_GB'] ?? '10');
const rounds = 3;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** A file that was written an hour ago: a file that is younger than two seconds is read again. */
function write(path: string, content: string): void {
  writeFileSync(path, content);
  const earlier = Date.now() / 1000 - 3600;
  utimesSync(path, earlier, earlier);
}

function timedMs(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

function dvc(folder: string, ...args: readonly string[]): void {
  execFileSync(join(pythonTool(root, 'dvc'), 'dvc'), [...args, '--quiet'], { cwd: folder, stdio: 'inherit' });
}

function artenic(stack: Stack, ...args: readonly string[]): void {
  execFileSync(process.execPath, [join(root, 'cli/bin.mjs'), 'dataset', ...args, '--json'], {
    env: {
      ...process.env,
      ...{ ARTENIC_URL: stack.endpoints().api, ARTENIC_API_KEY: stack.adminKey(), XDG_CACHE_HOME: stack.home },
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Least time of several rounds, each after a change of its own. */
function least(change: (round: number) => void, work: () => void): number {
  const times = Array.from({ length: rounds }, (_, round) => {
    change(round);
    return timedMs(work);
  });
  return Math.min(...times);
}

function small(stack: Stack, place: string): Readonly<Record<string, string>> {
  const data = join(place, 'data');
  for (let index = 0; index < files; index++) {
    const folder = join(data, String(index % 100));
    if (index < 100) mkdirSync(folder, { recursive: true });
    write(join(folder, `${index}.txt`), `file ${index} ${randomBytes(16).toString('hex')}`);
  }
  dvc(place, 'init', '--no-scm');
  dvc(place, 'add', 'data');
  artenic(stack, 'upload', 'small', data, '--create');
  const change = (round: number): void =>
    write(join(data, '7', '7.txt'), `changed ${round} ${randomBytes(8).toString('hex')}`);
  const byDvc = least(change, () => dvc(place, 'add', 'data'));
  const byUs = least(change, () => artenic(stack, 'upload', 'small', data));
  return {
    'dvc add, one file changed': `${rounded(byDvc / 1000, 2)} s`,
    'artenic dataset upload, one file changed': `${rounded(byUs / 1000, 2)} s`,
    ratio: String(rounded(byDvc / byUs)),
  };
}

function large(stack: Stack, place: string): Readonly<Record<string, string>> {
  const data = join(place, 'large');
  mkdirSync(data);
  const block = randomBytes(1_000_000);
  for (let index = 0; index < 100; index++) {
    const path = join(data, `${index}.bin`);
    const file = openSync(path, 'w');
    for (let megabyte = 0; megabyte < gigabytes * 10; megabyte++) {
      block.writeUInt32LE(index, 0);
      writeSync(file, block);
    }
    closeSync(file);
    const earlier = Date.now() / 1000 - 3600;
    utimesSync(path, earlier, earlier);
  }
  artenic(stack, 'upload', 'large', data, '--create');
  const unchanged = least(
    () => undefined,
    () => artenic(stack, 'upload', 'large', data),
  );
  return { [`artenic dataset upload, ${gigabytes} GB in 100 files unchanged`]: `${rounded(unchanged / 1000, 2)} s` };
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${files} files`);
const place = mkdtempSync(join(tmpdir(), 'artenic-bench-'));
const stack = createStack({});
await stack.start();
try {
  console.table(small(stack, place));
  if (gigabytes > 0) console.table(large(stack, place));
} finally {
  await stack.destroy();
  rmSync(place, { recursive: true, force: true });
}
