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
  /**
   * Attempts that have their grant, have not begun to launch, and were last told so more than `quietMs` ago: their signal was
   * lost. Counts as telling them.
   */
  readonly wakeAgain: (query: { readonly quietMs: number; readonly limit: number }) => Promise<readonly string[]>;
};

export type StreamName = LogStream | 'metrics';
export type StreamsRepository = {
  /**
   * Exactly-once append by byte offset, under a row lock held to the transaction's end. Call inside `transaction`.
   * `skip` = bytes at the front of this piece that are already there; `mismatch` = a hole would be left.
   */
  readonly advance: (
    attemptId: string,
    stream: StreamName,
    offset: number,
    bytes: number,
  ) => Promise<
    { readonly kind: 'append'; readonly skip: number } | { readonly kind: 'mismatch'; readonly expectedOffset: number }
  >;
  /**
   * Moves the stream from `from` to `to`, or does nothing and is false when it no longer ends at `from`. Call it inside
   * the `transaction` of the effect: the row stays locked to the transaction's end.
   */
  readonly claim: (attemptId: string, stream: StreamName, from: number, to: number) => Promise<boolean>;
  readonly nextOffset: (attemptId: string, stream: StreamName) => Promise<number>;
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
export type MetricsRepository = {
  readonly insert: (points: readonly MetricRow[]) => Promise<void>;
  /** By step; at most `limit` points a name, thinned with the minimum and maximum of each bucket kept. A later attempt's points replace an earlier one's from its first step on. */
  readonly series: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly limit: number;
  }) => Promise<readonly MetricRow[]>;
  /** In the order they were written, after `afterId`; for following. */
  readonly after: (
    jobId: string,
    afterId: bigint,
    limit: number,
  ) => Promise<readonly (MetricRow & { readonly id: bigint })[]>;
  /** Last finite value by name. */
  readonly latest: (jobId: string) => Promise<ReadonlyMap<string, number>>;
};

export type LogChunkRecord = {
  readonly jobId: string;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly offset: number;
  readonly bytes: number;
  readonly key: string;
};
export type LogChunksRepository = {
  readonly insert: (chunk: LogChunkRecord) => Promise<void>;
  /** Chunks that end after `offset`, ascending. */
  readonly from: (query: {
    readonly jobId: string;
    readonly attempt: number;
    readonly stream: LogStream;
    readonly offset: number;
    readonly limit: number;
  }) => Promise<readonly LogChunkRecord[]>;
  /** Kept bytes of the job, all attempts and streams. */
  readonly totalBytes: (jobId: string) => Promise<number>;
  /** Takes out the oldest chunks behind the kept head until at most `capBytes` are kept; returns them for deletion from storage. Head = the job's first `headBytes`. */
  readonly trim: (jobId: string, capBytes: number, headBytes: number) => Promise<readonly LogChunkRecord[]>;
};

/** Without its files, of which there may be thousands. */
export type CheckpointSummary = Pick<CheckpointManifest, 'attempt' | 'sequence' | 'name' | 'createdAt'>;
export type CheckpointsRepository = {
  /** The same attempt and sequence again is fine. Appends the event `job.checkpoint`. */
  readonly insert: (manifest: CheckpointManifest) => Promise<void>;
  /** Of these attempts, newest first: attempt, then sequence. */
  readonly summaries: (jobId: string, attempts: readonly number[]) => Promise<readonly CheckpointSummary[]>;
};
