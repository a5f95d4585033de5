import { ArtenicError, messageOf } from '../../core/errors.ts';
import type { DirectSigning, ObjectSigning, ObjectStorage, PartSigning } from '../../core/object-storage.ts';
import { cancellation } from '../cancellation.ts';
import { withinTime, type Clock } from '../time-limit.ts';

/** Time limits by kind of call, in milliseconds. */
export type StorageLimits = {
  /** A request about one object, or the opening of its content. */
  readonly smallMs: number;
  /** Reading a small object into memory. */
  readonly readMs: number;
  /** All pages of a list together. */
  readonly listMs: number;
  /** Between two pieces of a transfer in either direction, and after the last piece. The total time is unlimited. */
  readonly stallMs: number;
};

/** The S3 client sends a request up to four times, each with up to 60 s of silence, so `stallMs` must be longer. */
export const usualStorageLimits: StorageLimits = {
  smallMs: 30_000,
  readMs: 60_000,
  listMs: 300_000,
  stallMs: 300_000,
};

type Content = Parameters<ObjectStorage['put']>[1];
type Effect = 'reads' | 'writes';

/** Content in memory is also sent in pieces, so that its progress restarts the clock. */
const pieceBytes = 1024 * 1024;

/**
 * Wraps a storage so that every call has a time limit. A call over its limit is aborted with `unavailable`, or with
 * `unknown-outcome` if it may have changed something. In an activity, a call also ends when the activity's try ends.
 */
export function limitStorage(storage: ObjectStorage, limits: StorageLimits): ObjectStorage {
  const { smallMs, readMs, listMs, stallMs } = limits;
  return {
    put: (key, content, options) =>
      limited(key, 'writes', stallMs, (clock) => storage.put(key, piecesOf(content, clock), options)),
    get: async (key, range) => {
      const chunks = await limited(key, 'reads', smallMs, () => storage.get(key, range));
      return untilItStalls(chunks, key, stallMs);
    },
    read: (key, maxBytes) => limited(key, 'reads', readMs, () => storage.read(key, maxBytes)),
    head: (key) => limited(key, 'reads', smallMs, () => storage.head(key)),
    list: (prefix) => limited(prefix, 'reads', listMs, () => storage.list(prefix)),
    delete: (key) => limited(key, 'writes', smallMs, () => storage.delete(key)),
  };
}

/** The same for signing: it may fetch credentials, and it begins and ends uploads in parts. */
export function limitSigning(signing: ObjectSigning, limits: StorageLimits): ObjectSigning {
  const { smallMs } = limits;
  return {
    signGet: (key, options) => limited(key, 'reads', smallMs, () => signing.signGet(key, options)),
    signPut: (key, options) => limited(key, 'reads', smallMs, () => signing.signPut(key, options)),
    parts: signing.parts === null ? null : limitParts(signing.parts, limits),
  };
}

export function limitDirectSigning(signing: DirectSigning, { smallMs }: StorageLimits): DirectSigning {
  return {
    signGet: (key, options) => limited(key, 'reads', smallMs, () => signing.signGet(key, options)),
    signAnyPut: (key, options) => limited(key, 'reads', smallMs, () => signing.signAnyPut(key, options)),
  };
}

function limitParts(parts: PartSigning, { smallMs, stallMs }: StorageLimits): PartSigning {
  return {
    partBytesFor: (objectBytes) => parts.partBytesFor(objectBytes),
    begin: (key) => limited(key, 'writes', smallMs, () => parts.begin(key)),
    signPart: (key, uploadId, part) => limited(key, 'reads', smallMs, () => parts.signPart(key, uploadId, part)),
    // the server puts the parts together before it answers
    complete: (key, uploadId, made) => limited(key, 'writes', stallMs, () => parts.complete(key, uploadId, made)),
    abort: (key, uploadId) => limited(key, 'writes', smallMs, () => parts.abort(key, uploadId)),
  };
}

function limited<T>(key: string, effect: Effect, limitMs: number, work: (clock: Clock) => Promise<T>): Promise<T> {
  return withinTime({ limitMs, late: lateFor(key, effect, limitMs), until: cancellation().signal }, work);
}

function lateFor(key: string, effect: Effect, limitMs: number): (cause: unknown) => ArtenicError {
  const type = effect === 'reads' ? 'unavailable' : 'unknown-outcome';
  const message = `The storage did not answer for the object ${JSON.stringify(key)} in ${limitMs} ms.`;
  return (cause) => new ArtenicError(type, message, { cause });
}

/** The clock is paused while the caller produces the next piece. */
async function* piecesOf(content: Content, clock: Clock): AsyncGenerator<Uint8Array> {
  const source = (content instanceof Uint8Array ? slicesOf(content) : content)[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      clock.signal.throwIfAborted();
      clock.pause();
      const next = await source.next();
      clock.restart();
      isOver = next.done === true;
      if (isOver) return;
      yield next.value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    if (!isOver) await source.return?.();
  }
}

async function* slicesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += pieceBytes)
    yield bytes.subarray(offset, offset + pieceBytes);
}

/** The reader's own time between two chunks does not count. */
async function* untilItStalls(
  chunks: AsyncIterable<Uint8Array>,
  key: string,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await limited(key, 'reads', stallMs, () => source.next());
      isOver = next.done === true;
      if (isOver) return;
      yield next.value;
    }
  } catch (error) {
    isOver = true;
    // not awaited, because a source that hangs would also hang here
    source.return?.().catch((left: unknown) => messageOf(left));
    throw error;
  } finally {
    if (!isOver) await source.return?.();
  }
}
