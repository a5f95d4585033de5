import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Bootstrap } from '@artenic/core';
import type { RunnerApi } from '../report/api-client.ts';

/** Path of a file that is stored. File names are bytes, so those that are no text are Buffers. */
export type Source = string | Buffer;
export type Content = { readonly bytes: number; readonly sha256: string };
/** `key` is where it lies, which may be another one than was asked for. */
export type Uploaded = Content & { readonly key: string };

/** `periodic`: a later one follows. `last`: nothing follows, so whatever it takes. */
export type Urgency = 'periodic' | 'last';

/** Object storage as a runner may use it. Works while the API is away. */
export type RunnerStore = {
  /** Atomic: the object is there whole or not at all. Throws SourceError for a file that cannot be read. */
  readonly putFile: (key: string, path: Source, urgency: Urgency) => Promise<Uploaded>;
  readonly putText: (key: string, text: string, urgency: Urgency) => Promise<void>;
  /** Copies an object to a file; throws when it is missing or its content has another hash. */
  readonly getFile: (key: string, path: string, sha256: string) => Promise<void>;
  /** Texts that will be put: from now on all that it takes is kept in hand. */
  readonly expect: (keys: readonly string[]) => void;
  /** Keys of all checkpoints of the job. */
  readonly checkpointKeys: () => Promise<readonly string[]>;
  /** Removes one of this attempt's own, its manifest first; gone already is success. */
  readonly removeCheckpoint: (sequence: number) => Promise<void>;
};

export type StoreParts = {
  readonly bootstrap: Bootstrap;
  readonly api: RunnerApi;
  /** A newer attempt has taken over. */
  readonly onFenced: () => void;
  /** Nothing is wanted any more: ends every waiting. */
  readonly unwanted: AbortSignal;
  /** Hears once of each time in which the storage takes nothing. */
  readonly onWaiting?: (line: string) => void;
  /** Hears of every byte that is read or stored for the first time; a repeat after a failure is no progress. */
  readonly onMoved?: (bytes: number) => void;
  /** Larger files go in parts, where the storage takes them so; 256 MiB when absent. */
  readonly onePieceBytes?: number;
};

type HashOptions = {
  readonly start?: number;
  readonly end?: number;
  /** Hears of the bytes of each chunk. */
  readonly onRead?: (bytes: number) => void;
};

/** Of a file, or of the part of it that ends before `end`. */
export async function hashFile(
  path: Source,
  { start = 0, end = Number.POSITIVE_INFINITY, onRead }: HashOptions = {},
): Promise<Content> {
  const hash = createHash('sha256');
  let bytes = 0;
  if (end <= start) return { bytes, sha256: hash.digest('hex') };
  const stream = createReadStream(path, { highWaterMark: 1 << 20, start, end: end - 1 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    onRead?.(chunk.length);
  }
  return { bytes, sha256: hash.digest('hex') };
}
