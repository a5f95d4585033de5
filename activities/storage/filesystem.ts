import { mkdir, realpath, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { isAbsent, toStorageError } from './file-errors.ts';
import { folderMode, pruneFolders } from './folders.ts';
import { foldersOfPrefix, segmentsOf, temporaryFolder } from './keys.ts';
import { limitStorage, usualStorageLimits } from './limited.ts';
import { chunksOf, openObject, readWhole, statObject, walk } from './read-object.ts';
import { removeAbandoned } from './temporary-files.ts';
import { ContentError, putObject } from './write-object.ts';

const sweepIntervalMs = 24 * 3_600_000;

/**
 * Stores objects as files: the key `a/b` is the file `root/a/b`. An upload is written to `root/.tmp` and moved into
 * place when it is complete.
 */
export function createFilesystemStorage(
  { root }: { readonly root: string },
  limits = usualStorageLimits,
): ObjectStorage {
  return limitStorage(objectsIn(root), limits);
}

function objectsIn(root: string): ObjectStorage {
  let prepared: Promise<string> | null = null;
  let sweptAtMs = Date.now();

  /** The root with symbolic links resolved, created if missing. A failure is not cached. */
  function realRoot(): Promise<string> {
    prepared ??= prepare(root).catch((error: unknown) => {
      prepared = null;
      throw error;
    });
    return prepared;
  }

  /** Runs at most once a day, during an upload, because processes may run for months while others in the folder die. */
  async function sweep(folder: string): Promise<void> {
    if (Date.now() - sweptAtMs < sweepIntervalMs) return;
    sweptAtMs = Date.now();
    await removeAbandoned(join(folder, temporaryFolder));
  }

  async function guarded<T>(key: string, work: (folder: string, path: string) => Promise<T>): Promise<T> {
    const segments = segmentsOf(key);
    try {
      const folder = await realRoot();
      return await work(folder, join(folder, ...segments));
    } catch (error) {
      throw error instanceof ContentError ? error.cause : toStorageError(error, key);
    }
  }

  return {
    put: (key, content, options) =>
      guarded(key, async (folder, path) => {
        await sweep(folder);
        return putObject(folder, path, key, content, options);
      }),
    get: (key, range = { offset: 0 }) =>
      guarded(key, async (_, path) => {
        await (await openObject(path, key)).handle.close();
        return chunksOf(path, key, range);
      }),
    read: (key, maxBytes) => guarded(key, (_, path) => readWhole(path, key, maxBytes)),
    head: (key) =>
      guarded(key, async (_, path) => {
        const stats = await statObject(path);
        return stats === null ? null : { key, bytes: stats.size };
      }),
    list: async (prefix) => {
      const folders = foldersOfPrefix(prefix);
      try {
        const found = await walk(await realRoot(), folders, prefix);
        return found.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      } catch (error) {
        throw toStorageError(error, prefix);
      }
    },
    delete: (key) => guarded(key, (folder, path) => remove(folder, path)),
  };
}

async function prepare(root: string): Promise<string> {
  await mkdir(join(root, temporaryFolder), { recursive: true, mode: folderMode });
  const real = await realpath(root);
  await removeAbandoned(join(real, temporaryFolder));
  return real;
}

async function remove(root: string, path: string): Promise<void> {
  if ((await statObject(path)) === null) return;
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  await pruneFolders(root, dirname(path));
}
