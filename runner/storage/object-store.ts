import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Bootstrap } from '@artenic/core';
import type { RunnerApi } from '../report/api-client.ts';

/** Path of a file to be stored. File names are bytes, so a name that is not valid text is a Buffer. */
export type Source = string | Buffer;
export type Content = { readonly bytes: number; readonly sha256: string };
/** `key` is the object's actual key, which may differ from the requested one. */
export type Uploaded = Content & { readonly key: string };

/**
 * `periodic`: a later object follows, so storing may be given up. `last`: no object follows, so storing is never given
 * up.
 */
export type Urgency = 'periodic' | 'last';

/** Object storage as a runner may use it. Works while the API is away. */
export type RunnerStore = {
  /** Atomic: the object exists whole or not at all. Throws SourceError for a file that cannot be read. */
  readonly putFile: (key: string, path: Source, urgency: Urgency) => Promise<Uploaded>;
  readonly putText: (key: string, text: string, urgency: Urgency) => Promise<void>;
  /** Copies an object to a file; throws when it is missing or its content has another hash. */
  readonly getFile: (key: string, path: string, sha256: string) => Promise<void>;
  /** Announces objects that are fetched next: one request to the API signs many of them. */
  readonly expectGets: (keys: readonly string[]) => Promise<void>;
  /** Announces keys of texts that will be put: from now on, signed requests for them are kept in hand. */
  readonly expect: (keys: readonly string[]) => void;
  /** Keys of all checkpoints of the job. */
  readonly checkpointKeys: () => Promise<readonly string[]>;
  /** Removes one of this attempt's own checkpoints, its manifest first. Succeeds when it is already gone. */
  readonly removeCheckpoint: (sequence: number) => Promise<void>;
};

export type StoreParts = {
  readonly bootstrap: Bootstrap;
  readonly api: RunnerApi;
  /** Called when a newer attempt has taken over. */
  readonly onFenced: () => void;
  /** Ends all waiting: no further result of this attempt is wanted. */
  readonly unwanted: AbortSignal;
  /** Called once for each period in which the storage accepts nothing. */
  readonly onWaiting?: (line: string) => void;
  /** Called for every byte that is read or stored for the first time; a repeat after a failure is no progress. */
  readonly onMoved?: (bytes: number) => void;
  /** Larger files are uploaded in parts if the storage supports it; 256 MiB when absent. */
  readonly onePieceBytes?: number;
};

type HashOptions = {
  readonly start?: number;
  readonly end?: number;
  /** Called with the size of each chunk. */
  readonly onRead?: (bytes: number) => void;
};

/** Hash and size of a file, or of its bytes from `start` up to, but not including, `end`. */
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
