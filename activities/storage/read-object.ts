import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectRange } from '../../core/object-storage.ts';
import { isAbsent, toStorageError } from './file-errors.ts';
import { refuseLinks } from './folders.ts';
import { temporaryFolder } from './keys.ts';

const readChunkBytes = 256 * 1024;

export async function openObject(
  path: string,
  key: string,
): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const handle = await openFile(path);
  const stats = await handle?.stat();
  if (handle !== null && stats?.isFile() === true) return { handle, stats };
  await handle?.close();
  throw new ArtenicError('not-found', `There is no object ${JSON.stringify(key)}.`);
}

async function openFile(path: string): Promise<FileHandle | null> {
  try {
    await refuseLinks(dirname(path));
    // without O_NONBLOCK, opening a named pipe at this path would block forever
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

export async function* chunksOf(
  path: string,
  key: string,
  { offset, bytes = Infinity }: ObjectRange,
): AsyncGenerator<Uint8Array> {
  try {
    const { handle } = await openObject(path, key);
    try {
      for (let done = 0; done < bytes;) {
        const wanted = Math.min(readChunkBytes, bytes - done);
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, offset + done);
        if (bytesRead === 0) return;
        done += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toStorageError(error, key);
  }
}

export async function readWhole(path: string, key: string, maxBytes: number): Promise<Uint8Array> {
  const { handle, stats } = await openObject(path, key);
  try {
    if (stats.size <= maxBytes) return await handle.readFile();
  } finally {
    await handle.close();
  }
  throw new ArtenicError('payload-too-large', `${key} has ${stats.size} bytes, more than ${maxBytes}.`);
}

export async function statObject(path: string): Promise<Stats | null> {
  try {
    await refuseLinks(dirname(path));
    const stats = await lstat(path);
    return stats.isFile() ? stats : null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

export async function walk(root: string, folders: readonly string[], prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(join(root, ...folders))) {
    if (folders.length === 0 && entry.name === temporaryFolder) continue;
    const path = [...folders, entry.name];
    const key = path.join('/');
    if (entry.isFile() && key.startsWith(prefix)) found.push(key);
    const mayHold = key.startsWith(prefix) || prefix.startsWith(`${key}/`);
    if (entry.isDirectory() && mayHold) found.push(...(await walk(root, path, prefix)));
  }
  return found;
}

/** Entries of the folder; empty if it does not exist or was removed in the meantime. */
async function entriesOf(folder: string) {
  try {
    await refuseLinks(folder);
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
