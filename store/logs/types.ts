import type { LogStream } from '@artenic/core';

export type LogRef = { readonly jobId: string; readonly attempt: number; readonly stream: LogStream };

export type ByteRange = { readonly offset: number; readonly bytes: number };

export type LogChunkRecord = LogRef & {
  readonly offset: number;
  readonly bytes: number;
  /** In an object the chunk is gzip, alone (no range) or among others. */
  readonly place:
    | { readonly kind: 'row'; readonly content: Uint8Array }
    | { readonly kind: 'object'; readonly key: string; readonly range: ByteRange | null };
};

export type LogChunksRepository = {
  readonly insert: (chunk: LogRef & { readonly offset: number; readonly content: Uint8Array }) => Promise<void>;
  /** Chunks that hold bytes from `offset` on, ascending, as many as make up about `mostBytes`. */
  readonly from: (ref: LogRef, offset: number, mostBytes: number) => Promise<readonly LogChunkRecord[]>;
  /** The first chunks that are rows and follow one another, of about `mostBytes`. */
  readonly tail: (ref: LogRef, mostBytes: number) => Promise<readonly LogChunkRecord[]>;
  /** One chunk, in the object, takes the place of these rows. False when they are no longer all there. */
  readonly pack: (
    ref: LogRef,
    chunks: readonly LogChunkRecord[],
    object: { readonly key: string; readonly bytes: number } | null,
  ) => Promise<boolean>;
  /** Chunks that are in objects, ascending. */
  readonly objects: (ref: LogRef, limit: number) => Promise<readonly LogChunkRecord[]>;
  /** These chunks are in one object now, each at its range. False when none is left. */
  readonly merge: (
    ref: LogRef,
    chunks: readonly LogChunkRecord[],
    key: string,
    ranges: readonly ByteRange[],
  ) => Promise<boolean>;
  /** Kept bytes of the job, all attempts and streams. */
  readonly totalBytes: (jobId: string) => Promise<number>;
  /**
   * Takes out the oldest chunks behind the kept head until at most `capBytes` are kept; returns the objects that hold nothing
   * any more. Head = the job's first `headBytes`.
   */
  readonly trim: (jobId: string, capBytes: number, headBytes: number) => Promise<readonly string[]>;
};
