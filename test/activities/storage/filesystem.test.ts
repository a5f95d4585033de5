import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { toStorageError } from '../../../activities/storage/file-errors.ts';
import { createFilesystemStorage } from '../../../activities/storage/filesystem.ts';
import type { ObjectStorage } from '../../../core/object-storage.ts';
import { describeObjectStorageConformance } from '../../conformance/object-storage.ts';
import { poll } from '../../support/poll.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artenic-storage-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describeObjectStorageConformance('the file system', async () => {
  const root = join(folder, 'conformance');
  return { storage: createFilesystemStorage({ root }), close: () => rm(root, { recursive: true }) };
});

describe('the file system', () => {
  let root: string;
  let storage: ObjectStorage;
  let number = 0;
  beforeEach(() => {
    root = join(folder, String(++number));
    storage = createFilesystemStorage({ root });
  });
  const text = async (key: string): Promise<string> => Buffer.from(await storage.read(key, 1000)).toString();

  test('maps the key a/b to the file a/b, as runners do', async () => {
    await storage.put('a/b', Buffer.from('by us'));
    expect(await readFile(join(root, 'a', 'b'), 'utf8')).toBe('by us');
    await writeFile(join(root, 'a', 'c'), 'by a runner');
    expect(await text('a/c')).toBe('by a runner');
    expect(await storage.list('')).toEqual(['a/b', 'a/c']);
  });

  test('shows nothing of a process that was killed while it wrote', async () => {
    const url = new URL('../../../activities/storage/filesystem.ts', import.meta.url);
    const program = `
      const { createFilesystemStorage } = await import(${JSON.stringify(url.href)});
      async function* endless() { for (;;) { yield Buffer.alloc(65536); await new Promise(setImmediate); } }
      await createFilesystemStorage({ root: ${JSON.stringify(root)} }).put('killed/object', endless());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    await poll('the child to write', 10_000, async () => {
      const names = await readdir(join(root, '.tmp')).catch(() => []);
      return names.length > 0 ? true : null;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(join(root, '.tmp'))).toHaveLength(1);
    expect(await storage.list('')).toEqual([]);
    expect(await storage.head('killed/object')).toBeNull();
  });

  test('takes away what dead processes have left, and not what is under way', async () => {
    await mkdir(join(root, '.tmp'), { recursive: true });
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await writeFile(join(root, '.tmp', 'old'), 'x');
    await utimes(join(root, '.tmp', 'old'), longAgo, longAgo);
    await writeFile(join(root, '.tmp', 'new'), 'x');
    await storage.put('any', Buffer.from('x'));
    expect(await readdir(join(root, '.tmp'))).toEqual(['new']);
  });

  test('keeps its own folder out of the keys', async () => {
    await storage.put('any', Buffer.from('x'));
    await expect(storage.put('.tmp/x', Buffer.from('x'))).rejects.toMatchObject({ type: 'validation-failed' });
    await expect(storage.list('.tmp/')).rejects.toMatchObject({ type: 'validation-failed' });
    await storage.put('folder/.tmp/x', Buffer.from('x'));
    expect(await storage.list('')).toEqual(['any', 'folder/.tmp/x']);
  });

  test('follows no symbolic link out', async () => {
    const outside = join(folder, `outside-${number}`);
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await storage.put('inside/object', Buffer.from('x'));
    await symlink(outside, join(root, 'inside', 'link'));
    await symlink(join(outside, 'secret'), join(root, 'inside', 'file-link'));
    const refusal = { type: 'validation-failed' };
    for (const key of ['inside/link/secret', 'inside/link/deep/secret']) {
      await expect(storage.put(key, Buffer.from('x'))).rejects.toMatchObject(refusal);
    }
    await expect(storage.get('inside/link/secret')).rejects.toMatchObject(refusal);
    await expect(storage.read('inside/link/secret', 10)).rejects.toMatchObject(refusal);
    await expect(storage.delete('inside/link/secret')).rejects.toMatchObject(refusal);
    await expect(storage.list('inside/link/')).rejects.toMatchObject(refusal);
    await expect(storage.read('inside/file-link', 10)).rejects.toMatchObject(refusal);
    expect(await storage.head('inside/file-link')).toBeNull();
    expect(await storage.list('')).toEqual(['inside/object']);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  test('takes a root that is a symbolic link itself', async () => {
    await mkdir(join(folder, `real-${number}`));
    await symlink(join(folder, `real-${number}`), root);
    await storage.put('a/b', Buffer.from('x'));
    expect(await text('a/b')).toBe('x');
  });

  test('refuses an object where there is a folder, and the other way round', async () => {
    await storage.put('folder/object', Buffer.from('x'));
    await expect(storage.put('folder', Buffer.from('x'))).rejects.toMatchObject({ type: 'conflict' });
    await expect(storage.put('folder/object/below', Buffer.from('x'))).rejects.toMatchObject({ type: 'conflict' });
    expect(await storage.list('')).toEqual(['folder/object']);
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  test('leaves no empty folder, and never removes the root', async () => {
    await storage.put('deep/er/object', Buffer.from('x'));
    await storage.delete('deep/er/object');
    expect(await readdir(root)).toEqual(['.tmp']);
  });

  test('is `unavailable`, which is tried again, when the system refuses for another reason', async () => {
    for (const code of ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'EROFS']) {
      expect(toStorageError(Object.assign(new Error('no'), { code }), 'a')).toMatchObject({ type: 'unavailable' });
    }
    const bug = new TypeError('ours');
    expect(toStorageError(bug, 'a')).toBe(bug);
  });
});
