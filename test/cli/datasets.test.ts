import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DatasetEntry, DatasetVersionView } from '@artenic/core';
import { createClient } from '@artenic/client';
import { uploadFolder, type Uploaded } from '../../cli/datasets/upload.ts';
import { ApiWorld } from '../api/harness.ts';
import { runOnScreen } from './in-process.ts';

let world: ApiWorld;
let home: string;
let folder: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  home = mkdtempSync(join(tmpdir(), 'artenic-datasets-'));
});
afterAll(async () => {
  await world.close();
  rmSync(home, { recursive: true, force: true });
});

let number = 0;
let name: string;
beforeEach(() => {
  number++;
  name = `cli-${number}`;
  folder = join(home, name);
  mkdirSync(join(folder, 'train'), { recursive: true });
  for (const file of ['train/a.csv', 'train/b.csv', 'notes.txt']) put(file, `${name} ${file}`);
});

/** A file that was written a while ago: one that was written just now may change again within the clock's resolution. */
function put(path: string, content: string): void {
  writeFileSync(join(folder, path), content);
  const earlier = Date.now() / 1000 - 3600;
  utimesSync(join(folder, path), earlier, earlier);
}

const env = () => ({ HOME: home, ARTENIC_URL: world.url, ARTENIC_API_KEY: world.key, XDG_CACHE_HOME: home });
const run = (...args: readonly string[]) =>
  runOnScreen(
    ['dataset', ...args],
    { url: world.url, apiKey: world.key },
    { columns: null, env: env(), nowMs: Date.now() },
  );
async function json<T>(...args: readonly string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await run(...args, '--json');
  expect([exitCode, stderr.includes('artenic:')]).toEqual([0, false]);
  return JSON.parse(stdout) as T;
}

test('a folder becomes a version; only changes are sent, and a version comes back as it was', async () => {
  expect((await run('upload', name, folder)).stderr).toContain('--create creates it');
  expect(await json<Uploaded>('upload', name, folder, '--create')).toMatchObject({
    ...{ made: { version: 1, files: 3 }, files: 3, added: 3, removed: 0, sentFiles: 3 },
  });
  expect(await json<Uploaded>('upload', name, folder)).toMatchObject({ made: null, sentFiles: 0 });
  put('train/a.csv', 'changed');
  rmSync(join(folder, 'notes.txt'));
  expect(await json<Uploaded>('upload', name, folder, '-m', 'less')).toMatchObject({
    ...{ made: { version: 2, message: 'less' }, added: 1, removed: 1, sentFiles: 1 },
  });
  const target = join(home, `${name}-copy`);
  expect((await run('download', `${name}@1`, '--to', target)).stdout).toContain('3 files');
  expect(readFileSync(join(target, 'train', 'a.csv'), 'utf8')).toBe(`${name} train/a.csv`);
  expect((await run('download', `${name}@1`, '--to', target)).stdout).toContain('0 of them downloaded');
  expect((await run('download', name, '--to', target)).stderr).toContain('--overwrite replaces it');
  expect((await run('download', name, 'train', '--to', target, '--overwrite')).stdout).toContain(
    '1 of them downloaded',
  );
  expect(readFileSync(join(target, 'train', 'a.csv'), 'utf8')).toBe('changed');
  expect((await run('download', name, 'nowhere')).stderr).toContain('has no nowhere');
});

test('an unchanged file is not read again, however the dataset has moved on meanwhile', async () => {
  await run('upload', name, folder, '--create');
  await json<DatasetVersionView>('version', 'create', name, '--remove', 'train/b.csv');
  const again = await json<Uploaded>('upload', name, folder);
  expect(again).toMatchObject({ made: { version: 3, added: 1 }, added: 1, sentFiles: 0 });
  const versions = await json<DatasetVersionView[]>('version', 'list', name);
  expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
  expect((await run('version', 'diff', name, '2')).stdout).toContain('removed');
  expect(await json<DatasetVersionView>('version', 'restore', name, '2')).toMatchObject({ version: 4, files: 2 });
  expect((await run('version', 'tag', name, 'golden', '1')).stdout).toContain(`golden is version 1 of ${name}`);
  expect(await json<DatasetEntry[]>('files', `${name}@golden`, 'train')).toHaveLength(2);
});

test('links and names that two systems read differently are refused by name, and .artenicignore holds', async () => {
  symlinkSync('/etc/passwd', join(folder, 'passwords'));
  const linked = await run('upload', name, folder, '--create');
  expect([linked.exitCode, linked.stderr]).toEqual([2, expect.stringContaining('passwords is a link or a device')]);
  writeFileSync(join(folder, '.artenicignore'), 'passwords\n*.txt\n');
  put('train/A.csv', 'twin');
  const twins = await run('upload', name, folder);
  expect([twins.exitCode, twins.stderr]).toEqual([4, expect.stringContaining('differ only by case')]);
  rmSync(join(folder, 'train', 'A.csv'));
  await json<Uploaded>('upload', name, folder);
  const files = await json<DatasetEntry[]>('files', name, '--recursive');
  expect(files.map(({ path }) => path)).toEqual(['train/a.csv', 'train/b.csv']);
});

test('more changes than one request may have become one version', async () => {
  for (const index of [1, 2, 3, 4, 5, 6]) put(`train/${index}.csv`, `${name} ${index}`);
  await json<DatasetEntry>('create', name);
  const client = createClient({ url: world.url, apiKey: world.key });
  const output = { meter: () => undefined, endProgress: () => undefined };
  const tools = { client, output, url: world.url, cache: home, atOnceChanges: 4 };
  const options = { message: 'many', keep: false };
  const upload = async () => uploadFolder(tools, await client.datasets.get(name), folder, options);
  expect((await upload()).made).toMatchObject({ version: 1, files: 9, added: 9, message: 'many' });
  for (const index of [1, 2, 3]) rmSync(join(folder, `train/${index}.csv`));
  for (const index of [4, 5]) put(`train/${index}.csv`, 'new');
  expect((await upload()).made).toMatchObject({ version: 2, files: 6, changed: 2, removed: 3 });
});

test('a large file continues within it, in a later upload', async () => {
  put('train/large.bin', randomBytes(20_000_000).toString('hex'));
  await json<DatasetEntry>('create', name);
  const starts: number[] = [];
  let most = 18_000_000;
  /** A line that breaks after some bytes of a content. */
  const breaking: typeof fetch = async (input, init) => {
    const offset = new Headers(init?.headers).get('upload-offset');
    if (init?.method !== 'PATCH' || offset === null) return fetch(input, init);
    starts.push(Number(offset));
    let sent = 0;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        sent += chunk.byteLength;
        if (sent > most) controller.error(new Error('the line broke'));
        else controller.enqueue(chunk);
      },
    });
    return fetch(input, { ...init, body: (init.body as ReadableStream<Uint8Array>).pipeThrough(cut) });
  };
  const client = createClient({ url: world.url, apiKey: world.key, retries: 0, fetch: breaking });
  const output = { meter: () => undefined, endProgress: () => undefined };
  const tools = { client, output, url: world.url, cache: home, resumedFrom: 1_000_000 };
  const upload = async () => uploadFolder(tools, await client.datasets.get(name), folder, { message: '', keep: false });
  await expect(upload()).rejects.toThrow();
  most = Number.POSITIVE_INFINITY;
  expect((await upload()).made).toMatchObject({ version: 1, files: 4 });
  expect(starts[0]).toBe(0);
  expect(starts.at(-1)).toBeGreaterThan(16_000_000);
  const copy = join(home, `${name}-large`);
  await run('download', name, 'train/large.bin', '--to', copy);
  expect(readFileSync(join(copy, 'train', 'large.bin')).equals(readFileSync(join(folder, 'train', 'large.bin')))).toBe(
    true,
  );
});

test('an upload that is killed continues where it was', async () => {
  for (let index = 0; index < 300; index++) put(`train/${index}.bin`, `${name} ${index}`.repeat(2000));
  const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
  const child = spawn(process.execPath, [bin, 'dataset', 'upload', name, folder, '--create'], {
    env: { PATH: process.env['PATH'], ...env() },
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('exit', done));
  const stored = async () => (await world.deps.storage.list('data/')).length;
  const before = await stored();
  while ((await stored()) < before + 40 && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
  child.kill('SIGKILL');
  await ended;
  const half = (await stored()) - before;
  const again = await json<Uploaded>('upload', name, folder);
  expect(again).toMatchObject({ made: { version: 1, files: 303 }, files: 303 });
  expect(again.sentFiles).toBeLessThanOrEqual(303 - half);
});

test('datasets are listed, changed, purged and deleted', async () => {
  await run('create', name, '--description', 'texts');
  expect((await run('list')).stdout).toContain(name);
  expect((await run('update', name, '--description', 'other')).stdout).toContain('other');
  await run('upload', name, folder);
  expect((await run('purge', name, 'notes.txt', '--reason', 'asked to')).stdout).toContain('Purged');
  expect((await run('files', name)).stdout).toContain('notes.txt (purged)');
  expect((await run('update', name, '--status', 'archived')).stdout).toContain('archived');
  put('train/a.csv', 'more');
  expect((await run('upload', name, folder)).stderr).toContain('archived');
  expect((await run('delete', name)).stderr).toContain('--yes deletes it');
  expect((await run('delete', name, '--yes')).exitCode).toBe(0);
  expect((await run('get', name)).exitCode).toBe(4);
});
