import type { LogStream } from '@artenic/core';

export type StreamName = LogStream | 'metrics' | 'system';

export type StreamKey = { readonly attemptId: string; readonly stream: StreamName };

/** A log's bytes are first rows (its tail), and move into objects in large pieces. */
export type StreamsRepository = {
  /**
   * Moves the end of the stream from `from` to `to`; false, without effect, when it no longer ends at `from`. Call it
   * in the transaction of the effect: the row stays locked until the end of the transaction. `points` are added to the
   * count.
   */
  readonly claim: (key: StreamKey, from: number, to: number, points: number) => Promise<boolean>;
  /** Kept metric points of a job, over all attempts. */
  readonly points: (jobId: string) => Promise<number>;
  /**
   * As `claim`, for a log's bytes that the same transaction inserts. Returns the bytes of its tail; null where `claim`
   * returns false.
   */
  readonly claimTail: (key: StreamKey, from: number, to: number, at: Date) => Promise<number | null>;
  readonly end: (key: StreamKey) => Promise<{ readonly nextOffset: number; readonly tailBytes: number }>;
  /** True: only `holder` packs this log for the next `forMs`, by the database's clock. A holder may renew. */
  readonly lease: (key: StreamKey, holder: string, forMs: number) => Promise<boolean>;
  /** The lease of another holder stays. */
  readonly endLease: (key: StreamKey, holder: string) => Promise<void>;
  /** Logs without a lease whose tail is older or larger than given. */
  readonly withTail: (query: {
    readonly olderThan: Date;
    readonly bytes: number;
    readonly limit: number;
  }) => Promise<readonly StreamKey[]>;
  /** Logs without a lease, of attempts that ended before `endedBefore`, that are not yet a single object. */
  readonly unsettled: (query: { readonly endedBefore: Date; readonly limit: number }) => Promise<readonly StreamKey[]>;
  /** Records that the whole log, up to `nextOffset`, is one object. No effect if more bytes have arrived. */
  readonly settle: (key: StreamKey, nextOffset: number, at: Date) => Promise<void>;
};
