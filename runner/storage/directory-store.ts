import { createHash, randomUUID } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys, storedPathSchema } from '@artenic/core';
import { FencedError } from '../report/api-client.ts';
import { errorCode, messageOf } from '../error-text.ts';
import type { RunnerStore, Source, StoreParts, Uploaded, Urgency } from './object-store.ts';
import { pause } from '../pause.ts';
import { reading, SourceError } from './source-error.ts';

const pieceBytes = 1 << 20;
/** Longest wait for a periodic checkpoint: a later one may replace it. */
const periodicPatienceMs = 60_000;
const pauseMs = { first: 100, most: 15_000 };
/** Errors of one key: a name that the file system does not accept, or a folder in place of a file. */
const faultsOfKey: ReadonlySet<string | undefined> = new Set([
  'ENAMETOOLONG',
  'EINVAL',
  'EILSEQ',
  'ELOOP',
  'EISDIR',
  'ENOTDIR',
  'ENOTEMPTY',
  'EEXIST',
]);

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

/**
 * True for errors such as a full disk, a folder without write permission or an unreachable file server: they may pass
 * by themselves, or an operator can fix them.
 */
function mayPass(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) && !faultsOfKey.has(code);
}

/** The store as a folder of this machine: key `a/b` is the file `a/b` below the root. */
export function createDirectoryStore(root: string, parts: StoreParts): RunnerStore {
  const { jobId, attempt } = parts.bootstrap;
  /** A canonical key contains no `..`, so the joined path stays below the root. */
  const target = (key: string): string => join(root, ...storedPathSchema.parse(key).split('/'));

  /** Retries until the folder accepts the object, without a time limit unless it is periodic. */
  async function patiently<T>(key: string, urgency: Urgency, work: () => Promise<T>): Promise<T> {
    const sinceMs = performance.now();
    for (let waitMs = pauseMs.first; ; waitMs = Math.min(waitMs * 2, pauseMs.most)) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof SourceError || !mayPass(error)) throw error;
        if (urgency === 'periodic' && performance.now() - sinceMs > periodicPatienceMs) throw error;
        if (waitMs === pauseMs.first)
          parts.onWaiting?.(`the storage does not take ${key} (${messageOf(error)}): waiting`);
      }
      await pause(waitMs, parts.unwanted);
      if (parts.unwanted.aborted) throw new FencedError('the attempt needs no more files');
    }
  }

  /** Writes a temporary file, syncs it and renames it. Syncs the folder too, so that the name survives a power cut. */
  async function place<T>(key: string, write: (temporary: string) => Promise<T>): Promise<T> {
    const path = target(key);
    const temporary = join(root, '.tmp', randomUUID());
    await mkdir(dirname(temporary), { recursive: true });
    try {
      const written = await write(temporary);
      await sync(temporary);
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
      await sync(dirname(path));
      return written;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    putFile: (key, path, urgency) => {
      let mostBytes = 0;
      const onCopied = (bytes: number): void => {
        if (bytes <= mostBytes) return;
        parts.onMoved?.(bytes - mostBytes);
        mostBytes = bytes;
      };
      return patiently(key, urgency, () =>
        place(key, async (temporary) => ({ key, ...(await copyHashed(path, temporary, onCopied)) })),
      );
    },
    putText: (key, text, urgency) =>
      patiently(key, urgency, () => place(key, (temporary) => writeFile(temporary, text))),
    getFile: async (key, path, sha256) => {
      const found = await copyOut(target(key), path);
      if (found === sha256) return;
      await rm(path, { force: true });
      throw new Error(`${key} has the hash ${found}, expected ${sha256}`);
    },
    // A folder needs no permission beforehand.
    expect: () => undefined,
    expectGets: () => Promise.resolve(),
    checkpointKeys: async () => {
      const prefix = objectKeys.checkpointPrefix(jobId);
      return (await filesBelow(target(prefix.replace(/\/$/, '')))).map((path) => `${prefix}${path}`);
    },
    removeCheckpoint: async (sequence) => {
      // The manifest goes first: a checkpoint without a manifest does not exist, so a half-removed one is never
      // restored.
      await rm(target(objectKeys.checkpointManifest(jobId, attempt, sequence)), { force: true });
      const folder = objectKeys.checkpoint(jobId, attempt, sequence).replace(/\/$/, '');
      await rm(target(folder), { recursive: true, force: true });
    },
  };
}

/** Copies a stored file to `path`; returns the SHA-256 of the bytes that were read. */
async function copyOut(stored: string, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await using source = await open(stored, constants.O_RDONLY | constants.O_NOFOLLOW);
  const hash = createHash('sha256');
  await pipeline(
    source.createReadStream({ autoClose: false }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return hash.digest('hex');
}

/** Copies and hashes in one pass: the hash covers exactly the stored bytes, even while the file changes. */
async function copyHashed(
  source: Source,
  path: string,
  onCopied: (bytes: number) => void,
): Promise<Omit<Uploaded, 'key'>> {
  await using from = await reading(() =>
    open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
  if (!(await from.stat()).isFile()) throw new SourceError('it is not a regular file');
  await using to = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let bytes = 0; ;) {
    const { bytesRead } = await reading(() => from.read(buffer, 0, pieceBytes, null));
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    await to.writeFile(piece);
    bytes += bytesRead;
    onCopied(bytes);
  }
}

/** Paths relative to the folder, in a fixed order; empty when the folder does not exist. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) return [];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
