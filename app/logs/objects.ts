import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from 'pino';
import { objectKeys } from '@artenic/core';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { parseAttemptId } from '../../core/ids.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { ByteRange, LogChunkRecord, LogRef, ActingStore, StreamKey } from '../../store/types.ts';

export type LogDeps = {
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly limits: {
    /** A log's new bytes become an object when their size reaches this. */
    readonly logObjectBytes: number;
  };
  readonly newId: () => string;
  readonly now: () => Date;
  readonly logger: Logger;
};

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** Logs are compressed while they stream in: speed matters more than the last tenth of size. */
const gzipLevel = 1;
/** Size of an object plus the piece that completed it; gzip makes incompressible bytes only slightly longer. */
const longestChunkBytes = 6_000_000;
/** Longer than the storage's own timeouts for one object. */
const leaseMs = 300_000;
/** A log from the time when each piece was an object may have more objects. Such a log stays as it is. */
const mostMerged = 3000;

function refOf({ attemptId, stream }: StreamKey): LogRef {
  const parts = parseAttemptId(attemptId);
  if (parts === null || stream === 'metrics' || stream === 'system')
    throw new ArtenicError('internal', `${attemptId} ${stream} is not a log.`);
  return { ...parts, stream };
}

async function readStored(storage: ObjectStorage, key: string, range: ByteRange | null): Promise<Uint8Array> {
  if (range === null) return storage.read(key, longestChunkBytes);
  const parts: Uint8Array[] = [];
  for await (const part of await storage.get(key, range)) parts.push(part);
  return Buffer.concat(parts);
}

/** The log bytes of a chunk. */
export async function readChunk(storage: ObjectStorage, { place }: LogChunkRecord): Promise<Uint8Array> {
  return place.kind === 'row' ? place.content : decompress(await readStored(storage, place.key, place.range));
}

/**
 * Holds the lease of a log while `work` runs, which may renew it; does nothing when another process holds the lease.
 */
async function leased(
  { streams }: ActingStore,
  key: StreamKey,
  holder: string,
  work: (renew: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const renew = (): Promise<boolean> => streams.lease(key, holder, leaseMs);
  if (!(await renew())) return;
  try {
    await work(renew);
  } finally {
    await streams.endLease(key, holder);
  }
}

/**
 * Moves the oldest rows of a tail into an object; false when there were none. The object is written before its index.
 */
async function packOnce({ store, storage, limits }: LogDeps, ref: LogRef): Promise<boolean> {
  const { logChunks } = store;
  const chunks = await logChunks.tail(ref, limits.logObjectBytes);
  const offset = chunks[0]?.offset;
  if (offset === undefined) {
    // The cap has removed the rows.
    await logChunks.pack(ref, [], null);
    return false;
  }
  const bytes = Buffer.concat(chunks.flatMap(({ place }) => (place.kind === 'row' ? [place.content] : [])));
  const content = await compress(bytes, { level: gzipLevel });
  const key = objectKeys.logChunk(ref.jobId, ref.attempt, ref.stream, offset, bytes.length);
  await storage.put(key, content);
  if (await logChunks.pack(ref, chunks, { key, bytes: content.length })) return true;
  // The cap has removed the rows first; or another process has packed them after this lease expired, and its object is
  // in use.
  const [there] = await logChunks.from(ref, offset, 1);
  if (there?.place.kind !== 'object' || there.place.key !== key) await storage.delete(key);
  return true;
}

/** Moves a log's tail into objects once it is large or old enough. */
export function packLog(deps: LogDeps, key: StreamKey): Promise<void> {
  return leased(deps.store, key, deps.newId(), async (renew) => {
    const ref = refOf(key);
    while (await packOnce(deps, ref)) {
      const { tailBytes } = await deps.store.streams.end(key);
      if (tailBytes < deps.limits.logObjectBytes || !(await renew())) return;
    }
  });
}

async function mergeObjects(
  { store, storage, newId }: LogDeps,
  ref: LogRef,
  renew: () => Promise<boolean>,
): Promise<void> {
  const chunks = await store.logChunks.objects(ref, mostMerged + 1);
  if (chunks.length > mostMerged) return;
  const keys = new Set(chunks.flatMap(({ place }) => (place.kind === 'object' ? [place.key] : [])));
  if (keys.size < 2) return;
  const key = objectKeys.wholeLog(ref.jobId, ref.attempt, ref.stream, newId());
  const ranges: ByteRange[] = [];
  async function* members(): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (const { place } of chunks) {
      if (place.kind !== 'object') continue;
      const bytes = await readStored(storage, place.key, place.range);
      ranges.push({ offset, bytes: bytes.length });
      offset += bytes.length;
      yield bytes;
      await renew();
    }
  }
  await storage.put(key, members());
  await store.logChunks.merge(ref, chunks, key, ranges);
}

/** Removes objects that are in no index, left by processes that died between writing, indexing and removing. */
async function removeUnused({ store, storage }: LogDeps, { jobId, attempt, stream }: LogRef): Promise<void> {
  const chunks = await store.logChunks.objects({ jobId, attempt, stream }, Number.MAX_SAFE_INTEGER);
  const used = new Set(chunks.flatMap(({ place }) => (place.kind === 'object' ? [place.key] : [])));
  for (const key of await storage.list(objectKeys.logs(jobId, attempt, stream)))
    if (!used.has(key)) await storage.delete(key);
}

/** Merges the log of an ended attempt into one object. */
export function settleLog(deps: LogDeps, key: StreamKey): Promise<void> {
  return leased(deps.store, key, deps.newId(), async (renew) => {
    const ref = refOf(key);
    const { nextOffset } = await deps.store.streams.end(key);
    while (await packOnce(deps, ref)) if (!(await renew())) return;
    await mergeObjects(deps, ref, renew);
    await removeUnused(deps, ref);
    await deps.store.streams.settle(key, nextOffset, deps.now());
  });
}

/** Runs work on objects that no caller waits for: the log keeper repeats failed work. */
export async function later(deps: Pick<LogDeps, 'logger'>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.logger.warn({ error: messageOf(error) }, 'objects of a log are written or removed later');
  }
}
