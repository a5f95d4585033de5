import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys } from '@artenic/core';
import type { ApiDeps } from '../deps.ts';

const defaultMostBytes = 20_000_000_000;
/** A file in use within this time may be about to be opened; a half-written file may still grow. */
const restMs = 3_600_000;

type CachedFile = {
  readonly path: string;
  readonly bytes: number;
  readonly usedAtMs: number;
  readonly isWhole: boolean;
};

function isAbsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

async function filesIn(folder: string): Promise<readonly CachedFile[]> {
  const files: CachedFile[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    try {
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size, usedAtMs: mtimeMs, isWhole: name.endsWith('.onnx') });
    } catch (error) {
      // Another process has removed the file meanwhile.
      if (!isAbsent(error)) throw error;
    }
  }
  return files;
}

/** Removes half-written files of dead processes, and the least recently used models beyond `mostBytes`. */
async function prune(folder: string, mostBytes: number, nowMs: number): Promise<void> {
  const files = await filesIn(folder);
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, usedAtMs, isWhole } of files.toSorted((one, other) => one.usedAtMs - other.usedAtMs)) {
    if (nowMs - usedAtMs < restMs) return;
    if (isWhole && total <= mostBytes) continue;
    await rm(path, { force: true });
    total -= bytes;
  }
}

/** Marks the file as used; false when it does not exist. */
async function touch(path: string, now: Date): Promise<boolean> {
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Models are opened from files: each is fetched by its hash, and kept while there is room. */
export function modelCache(
  storage: ApiDeps['storage'],
  folder: string,
  {
    mostBytes = defaultMostBytes,
    now = () => new Date(),
  }: { readonly mostBytes?: number; readonly now?: () => Date } = {},
): (sha256: string) => Promise<string> {
  mkdirSync(folder, { recursive: true });
  return async (sha256) => {
    const path = join(folder, `${sha256}.onnx`);
    if (await touch(path, now())) return path;
    await prune(folder, mostBytes, now().getTime());
    const temporary = `${path}.${randomBytes(4).toString('hex')}`;
    try {
      await pipeline(await storage.get(objectKeys.model(sha256)), createWriteStream(temporary, { flush: true }));
      await touch(temporary, now());
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return path;
  };
}
