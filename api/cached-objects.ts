import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtenicError } from '../core/errors.ts';
import type { ApiDeps } from './deps.ts';

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

async function filesIn(folder: string, ending: string): Promise<readonly CachedFile[]> {
  const files: CachedFile[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    try {
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size, usedAtMs: mtimeMs, isWhole: name.endsWith(ending) });
    } catch (error) {
      // Another process has removed the file meanwhile.
      if (!isAbsent(error)) throw error;
    }
  }
  return files;
}

/**
 * Removes half-written files of dead processes, files that were not used for `keepMs`, and the least recently used ones
 * beyond `mostBytes`.
 */
async function prune({ folder, ending, mostBytes, keepMs }: Limits, nowMs: number): Promise<void> {
  const files = await filesIn(folder, ending);
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, usedAtMs, isWhole } of files.toSorted((one, other) => one.usedAtMs - other.usedAtMs)) {
    if (nowMs - usedAtMs < restMs) return;
    if (isWhole && total <= mostBytes && nowMs - usedAtMs < keepMs) continue;
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

/** A caller waits no longer than this for the next byte of a file. */
const defaultSilentMs = 1500;

async function* listened<Chunk>(source: AsyncIterable<Chunk>, heard: () => void): AsyncGenerator<Chunk> {
  for await (const chunk of source) {
    heard();
    yield chunk;
  }
}

type Fetch = { readonly done: Promise<string>; heardAtMs: number };

/** @throws ArtenicError `unavailable` as soon as no byte has come for so long; the fetch itself goes on */
async function whileHeard(fetch: Fetch, what: string, silentMs: number): Promise<string> {
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
  throw new ArtenicError('unavailable', `The ${what} has to be fetched, and the object storage does not answer.`, {
    retryAfterMs: 2 * silentMs,
  });
}

type Limits = {
  readonly folder: string;
  /** Ending of the files' names. */
  readonly ending: string;
  readonly mostBytes: number;
  readonly keepMs: number;
};

export type CacheOptions<Wanted> = {
  readonly folder: string;
  readonly ending: string;
  /** For messages: `model`. */
  readonly what: string;
  /** Name of the file without its ending, and key of the object. */
  readonly placeOf: (wanted: Wanted) => { readonly name: string; readonly key: string };
  readonly mostBytes?: number;
  readonly keepMs?: number;
  readonly silentMs?: number;
  readonly now?: () => Date;
};

export type CachedObjects<Wanted> = {
  /** Throws an ArtenicError: `unavailable` while the storage sends nothing, or what the storage says. */
  readonly fetch: (wanted: Wanted) => Promise<string>;
  readonly prune: () => Promise<void>;
};

/** Objects that are opened from files: each is fetched once for all callers, and kept while there is room. */
export function cachedObjects<Wanted>(
  storage: Pick<ApiDeps['storage'], 'get'>,
  options: CacheOptions<Wanted>,
): CachedObjects<Wanted> {
  const { folder, ending, what, placeOf, silentMs = defaultSilentMs, now = () => new Date() } = options;
  const limits = {
    folder,
    ending,
    mostBytes: options.mostBytes ?? defaultMostBytes,
    keepMs: options.keepMs ?? Infinity,
  };
  mkdirSync(folder, { recursive: true });
  const fetches = new Map<string, Fetch>();

  async function download(key: string, path: string, heard: () => void): Promise<string> {
    await prune(limits, now().getTime());
    const temporary = `${path}.${randomBytes(4).toString('hex')}`;
    try {
      const body = await storage.get(key);
      await pipeline(listened(body, heard), createWriteStream(temporary, { flush: true }));
      await touch(temporary, now());
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return path;
  }

  function fetchOf(key: string, path: string): Fetch {
    const known = fetches.get(path);
    if (known !== undefined) return known;
    const done = download(key, path, () => (fetch.heardAtMs = performance.now())).finally(() => fetches.delete(path));
    const fetch: Fetch = { done, heardAtMs: performance.now() };
    fetches.set(path, fetch);
    // a failed fetch may have no caller left that waits for it
    done.catch(() => undefined);
    return fetch;
  }

  return {
    fetch: async (wanted) => {
      const { name, key } = placeOf(wanted);
      const path = join(folder, `${name}${ending}`);
      return (await touch(path, now())) ? path : whileHeard(fetchOf(key, path), what, silentMs);
    },
    prune: () => prune(limits, now().getTime()),
  };
}
