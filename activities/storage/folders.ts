import { constants } from 'node:fs';
import { mkdir, open, realpath, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ArtenicError } from '../../core/errors.ts';
import { errorCode } from '../error-code.ts';
import { isAbsent } from './file-errors.ts';

export const folderMode = 0o700;

/** Creates the folder. Each new folder's entry is synced too; otherwise a power cut could lose its objects. */
export async function makeFolders(root: string, folder: string): Promise<void> {
  await refuseLinks(await nearestFolder(folder));
  const first = await mkdir(folder, { recursive: true, mode: folderMode });
  await refuseLinks(folder);
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length && made !== root; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** The path itself if it exists, else its nearest existing parent. */
async function nearestFolder(path: string): Promise<string> {
  try {
    await realpath(path);
    return path;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return nearestFolder(dirname(path));
  }
}

/** Refuses paths with symbolic links, because a link could lead out of the root. */
export async function refuseLinks(folder: string): Promise<void> {
  if ((await realpath(folder)) === folder) return;
  throw new ArtenicError('validation-failed', 'A symbolic link stands where the storage keeps a folder.');
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes empty folders upwards. `rmdir` refuses a folder that has received an entry in the meantime. */
export async function pruneFolders(root: string, from: string): Promise<void> {
  for (let folder = from; folder !== root; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
      if (code !== 'ENOENT') throw error;
    }
  }
}
