import type { CheckpointManifest, LogStream } from '@artenic/core';
import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';

/** Capacity of a provider that we hand out ourselves (this machine's cores, memory and GPUs). */
export type CapacityRepository = {
  /** Queues the claim once; a claim that is there (waiting or granted) stays. */
  readonly claim: (provider: string, claim: CapacityClaim) => Promise<void>;
  /**
   * Grants waiting claims as `core/capacity/grant.ts` says, under a lock, against `total`. Returns the attempt ids granted by this call.
   */
  readonly grant: (provider: string, total: Capacity) => Promise<readonly string[]>;
  readonly isGranted: (attemptId: string) => Promise<boolean>;
  /** Gone already is success. */
  readonly release: (attemptId: string) => Promise<void>;
  /** 1-based places in the queues of their providers, in the order of grants; attempts that do not wait are left out. */
  readonly positions: (attemptIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly inUse: (provider: string) => Promise<Capacity>;
  /** What a claim would meet: how many would be granted before it, and whether there is room for it behind them. Its own row does not count. */
  readonly outlook: (
    provider: string,
    total: Capacity,
    claim: CapacityClaim,
  ) => Promise<{ readonly ahead: number; readonly hasRoom: boolean }>;
  /** Nobody grants or looks again before the end of this transaction. */
  readonly hold: (provider: string) => Promise<void>;
  /**
   * Attempts that have their grant, have not begun to launch, and were last told so more than `quietMs` ago: their signal was
   * lost. Counts as telling them.
   */
  readonly wakeAgain: (query: { readonly quietMs: number; readonly limit: number }) => Promise<readonly string[]>;
};

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

export type MetricRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  readonly step: number;
  readonly epoch: number | null;
  readonly time: Date;
  readonly value: number;
};

/** Where a job's points end, and the newest attempt that has any. */
export type NewestPoints = {
  readonly id: bigint;
  readonly attempt: number;
  /** The least of that attempt, whatever the name. */
  readonly firstStep: number;
  /** The point of that attempt that came first. */
  readonly firstId: bigint;
  readonly hasEarlier: boolean;
};

export type MetricsRepository = {
  readonly insert: (points: readonly MetricRow[]) => Promise<void>;
  /** By step; at most `limit` points a name, thinned with the minimum and maximum of each bucket kept. A later attempt's points replace an earlier one's from its first step on. */
  readonly series: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly limit: number;
  }) => Promise<readonly MetricRow[]>;
  /** Null without points. Ids become visible in their order. */
  readonly newest: (jobId: string) => Promise<NewestPoints | null>;
  /** In the order they were written, behind `after` up to `until`. */
  readonly after: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly after: bigint;
    readonly until: bigint;
    readonly limit: number;
  }) => Promise<readonly (MetricRow & { readonly id: bigint })[]>;
  /** Last finite value by name. */
  readonly latest: (jobId: string) => Promise<ReadonlyMap<string, number>>;
};

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

/** Without its files, of which there may be thousands. */
export type CheckpointSummary = Pick<CheckpointManifest, 'attempt' | 'sequence' | 'name' | 'createdAt'>;
export type CheckpointsRepository = {
  /** The same attempt and sequence again is fine. Appends the event `job.checkpoint`. */
  readonly insert: (manifest: CheckpointManifest) => Promise<void>;
  /** Of these attempts, newest first: attempt, then sequence. */
  readonly summaries: (jobId: string, attempts: readonly number[]) => Promise<readonly CheckpointSummary[]>;
};
