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
  /** Chunks with bytes from `offset` on, ascending, up to about `mostBytes`. */
  readonly from: (ref: LogRef, offset: number, mostBytes: number) => Promise<readonly LogChunkRecord[]>;
  /** Length of the stream so far, with what was dropped of it. */
  readonly endOffset: (ref: LogRef) => Promise<number>;
  /** The first consecutive chunks that are rows, of about `mostBytes`. */
  readonly tail: (ref: LogRef, mostBytes: number) => Promise<readonly LogChunkRecord[]>;
  /** Replaces these rows by one chunk in the object. False if some of the rows are gone. */
  readonly pack: (
    ref: LogRef,
    chunks: readonly LogChunkRecord[],
    object: { readonly key: string; readonly bytes: number } | null,
  ) => Promise<boolean>;
  /** Chunks in objects, ascending. */
  readonly objects: (ref: LogRef, limit: number) => Promise<readonly LogChunkRecord[]>;
  /** Moves these chunks into one object, each at its range. False if none is left. */
  readonly merge: (
    ref: LogRef,
    chunks: readonly LogChunkRecord[],
    key: string,
    ranges: readonly ByteRange[],
  ) => Promise<boolean>;
  /** Kept bytes of the job, over all attempts and streams. */
  readonly totalBytes: (jobId: string) => Promise<number>;
  /**
   * Removes the oldest chunks after the kept head until at most `capBytes` are kept; returns the objects that have
   * become empty. The head is the job's first `headBytes`.
   */
  readonly trim: (jobId: string, capBytes: number, headBytes: number) => Promise<readonly string[]>;
};
