import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { objectKeys } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
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

/** A caller waits no longer than this for the next byte of a model. */
const defaultSilentMs = 1500;

async function* listened<Chunk>(source: AsyncIterable<Chunk>, heard: () => void): AsyncGenerator<Chunk> {
  for await (const chunk of source) {
    heard();
    yield chunk;
  }
}

type Fetch = { readonly done: Promise<string>; heardAtMs: number };

/** @throws ArtenicError `unavailable` as soon as no byte has come for so long; the fetch itself goes on */
async function whileHeard(fetch: Fetch, silentMs: number): Promise<string> {
  const over = new AbortController();
  try {
    for (;;) {
      const leftMs = fetch.heardAtMs + silentMs - performance.now();
      if (leftMs <= 0) break;
      const pause = sleep(leftMs, null, { signal: over.signal });
      pause.catch(() => undefined);
      const path = await Promise.race([fetch.done, pause]);
      if (path !== null) return path;
    }
  } finally {
    over.abort();
  }
  throw new ArtenicError('unavailable', 'The model has to be fetched, and the object storage does not answer.', {
    retryAfterMs: 2 * silentMs,
  });
}

/**
 * Models are opened from files: each is fetched by its content id, once for all who ask, and kept while there is room.
 * The function that it returns throws an ArtenicError: `unavailable` while the storage sends nothing, or what the storage says.
 */
export function modelCache(
  storage: ApiDeps['storage'],
  folder: string,
  {
    mostBytes = defaultMostBytes,
    silentMs = defaultSilentMs,
    now = () => new Date(),
  }: { readonly mostBytes?: number; readonly silentMs?: number; readonly now?: () => Date } = {},
): (sha256: string) => Promise<string> {
  mkdirSync(folder, { recursive: true });
  const fetches = new Map<string, Fetch>();

  async function download(sha256: string, path: string, heard: () => void): Promise<string> {
    await prune(folder, mostBytes, now().getTime());
    const temporary = `${path}.${randomBytes(4).toString('hex')}`;
    try {
      const body = await storage.get(objectKeys.model(sha256));
      await pipeline(listened(body, heard), createWriteStream(temporary, { flush: true }));
      await touch(temporary, now());
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return path;
  }

  function fetchOf(sha256: string, path: string): Fetch {
    const known = fetches.get(sha256);
    if (known !== undefined) return known;
    const done = download(sha256, path, () => (fetch.heardAtMs = performance.now())).finally(() =>
      fetches.delete(sha256),
    );
    const fetch: Fetch = { done, heardAtMs: performance.now() };
    fetches.set(sha256, fetch);
    // nobody may wait for it any more when it fails
    done.catch(() => undefined);
    return fetch;
  }

  return async (sha256) => {
    const path = join(folder, `${sha256}.onnx`);
    return (await touch(path, now())) ? path : whileHeard(fetchOf(sha256, path), silentMs);
  };
}
