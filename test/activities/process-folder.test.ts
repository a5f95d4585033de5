import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProcessFolder } from '../../activities/process-folder.ts';
import { poll } from '../support/poll.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'artenic-process-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('copy')).map(String);

/** A process that is in the middle of its work with a copy. */
async function working() {
  const url = new URL('../../activities/process-folder.ts', import.meta.url);
  const program = `
    const { writeFile } = await import('node:fs/promises');
    const { openProcessFolder } = await import(${JSON.stringify(url.href)});
    const inFolder = await openProcessFolder(${JSON.stringify(root)});
    await inFolder(async (folder) => {
      await writeFile(folder + '/copy', 'x');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  await poll('the copy', 20_000, async () => ((await filesBelow(root)).length > 0 ? true : null));
  return child;
}

test('a copy goes with its work, also when that fails', async () => {
  const inFolder = await openProcessFolder(root);
  const seen = await inFolder(async (folder) => {
    await writeFile(join(folder, 'copy'), 'x');
    return filesBelow(root);
  });
  expect(seen).toHaveLength(1);
  await expect(inFolder(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await filesBelow(root)).toEqual([]);
});

test('a start takes away what a killed process has left, and nothing of one that lives', async () => {
  const child = await working();
  await openProcessFolder(root);
  expect(await filesBelow(root)).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await filesBelow(root)).toHaveLength(1);
  await openProcessFolder(root);
  expect(await readdir(root)).toEqual([]);
});

test('of another container, whose processes cannot be seen, only what is old', async () => {
  for (const name of ['99.1.1', '99.2.1']) await mkdir(join(root, name));
  await utimes(join(root, '99.1.1'), 1, 1);
  await openProcessFolder(root);
  expect(await readdir(root)).toEqual(['99.2.1']);
});
