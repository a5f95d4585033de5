import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys } from '@artenic/core';
import type { ApiDeps } from '../deps.ts';

const defaultMostBytes = 20_000_000_000;
/** A file that was handed out so lately may still be about to be opened; a half-written one may still grow. */
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
      // Another process of ours was faster.
      if (!isAbsent(error)) throw error;
    }
  }
  return files;
}

/** Removes what dead processes have left half-written, and of the models those that were used longest ago. */
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

/** Notes that the file is in use; false when it is not there. */
async function touch(path: string, now: Date): Promise<boolean> {
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Models are opened from files: each is fetched by its content id, and kept while there is room. */
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
