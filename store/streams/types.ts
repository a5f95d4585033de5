import type { LogStream } from '@artenic/core';

export type StreamName = LogStream | 'metrics';

export type StreamKey = { readonly attemptId: string; readonly stream: StreamName };

/** A log's bytes are rows first (its tail), and move into objects in large pieces. */
export type StreamsRepository = {
  /**
   * Moves the stream from `from` to `to`, or does nothing and is false when it no longer ends at `from`. Call it inside
   * the `transaction` of the effect: the row stays locked to the transaction's end. `points` are counted.
   */
  readonly claim: (key: StreamKey, from: number, to: number, points: number) => Promise<boolean>;
  /** Kept metric points of a job, all attempts. */
  readonly points: (jobId: string) => Promise<number>;
  /** As `claim`, for bytes of a log, which the same transaction inserts. Returns the bytes of its tail; null for false. */
  readonly claimTail: (key: StreamKey, from: number, to: number, at: Date) => Promise<number | null>;
  readonly end: (key: StreamKey) => Promise<{ readonly nextOffset: number; readonly tailBytes: number }>;
  /** True: `holder` alone packs this log for the next `forMs`, by the database's clock. A holder may ask again. */
  readonly lease: (key: StreamKey, holder: string, forMs: number) => Promise<boolean>;
  /** The lease of another holder stays. */
  readonly endLease: (key: StreamKey, holder: string) => Promise<void>;
  /** Logs whose tail is older or larger than that, and that nobody packs. */
  readonly withTail: (query: {
    readonly olderThan: Date;
    readonly bytes: number;
    readonly limit: number;
  }) => Promise<readonly StreamKey[]>;
  /** Logs of attempts that ended before, which are not one object yet, and that nobody packs. */
  readonly unsettled: (query: { readonly endedBefore: Date; readonly limit: number }) => Promise<readonly StreamKey[]>;
  /** The whole log, up to `nextOffset`, is one object. Nothing when more has arrived. */
  readonly settle: (key: StreamKey, nextOffset: number, at: Date) => Promise<void>;
};
