import type { CheckpointPlace, JobFacts, JobStage } from '../../core/retention/due.ts';

export type OldPartition = { readonly name: string; readonly untilMs: number; readonly bytes: number };

/** What the collector of garbage reads and deletes. Deciding is `core/retention`'s. */
export type RetentionRepository = {
  /** True when `holder` alone may collect for the next `forMs`, by the database's clock. */
  readonly lease: (holder: string, forMs: number) => Promise<boolean>;
  readonly endLease: (holder: string) => Promise<void>;
  /** Expired idempotency keys, sign-ins, resolved strays, entries of the audit log, notices that are over: how many there are, or how many were deleted. */
  readonly expired: (query: {
    readonly keysBefore: Date;
    readonly sessionsBefore: Date;
    readonly straysBefore: Date;
    readonly auditBefore: Date;
    readonly noticesBefore: Date;
    readonly isDryRun: boolean;
  }) => Promise<number>;
  /** Partitions of `table` that end at or before this time, with everything in them numbered, oldest first. */
  readonly oldPartitions: (table: 'events', untilMs: number) => Promise<readonly OldPartition[]>;
  readonly dropPartition: (table: 'events', name: string) => Promise<void>;
  /** Partitions of metric points by weeks of submission, of which every job ended before then and may go; oldest first. */
  readonly duePoints: (endedBefore: Date) => Promise<readonly OldPartition[]>;
  /** False when one of its jobs may not go any more. */
  readonly dropPoints: (name: string, endedBefore: Date) => Promise<boolean>;
  /** Makes the partitions of the coming weeks. */
  readonly ensurePartitions: (nowMs: number) => Promise<void>;
  /** Counts the jobs that ended, by day, up to the day before yesterday. */
  readonly countDays: () => Promise<void>;
  /** Ended before then, settled, and not collected to this stage yet; oldest first. */
  readonly dueJobs: (stage: JobStage, endedBefore: Date, limit: number) => Promise<readonly string[]>;
  /** Null when there is no such job. */
  readonly facts: (jobId: string) => Promise<JobFacts | null>;
  readonly countRows: (stage: JobStage, jobId: string) => Promise<number>;
  /** Deletes the rows of the stage when `isDue` still says so of the locked job; returns how many. */
  readonly finishStage: (
    stage: JobStage,
    jobId: string,
    at: Date,
    isDue: (facts: JobFacts) => boolean,
  ) => Promise<number>;
  /** Living jobs with checkpoints of attempts that have ended, behind `after`, by id. */
  readonly jobsWithOldCheckpoints: (after: string, limit: number) => Promise<readonly string[]>;
  /** Checkpoints that are not collected, newest first, and the attempts that may still write. */
  readonly checkpoints: (
    jobId: string,
  ) => Promise<{ readonly places: readonly CheckpointPlace[]; readonly openAttempts: ReadonlySet<number> }>;
  /** Those of the attempts that have not ended, or whose instance is not proved gone. */
  readonly unsettledAttempts: (attemptIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly markCheckpointsCollected: (jobId: string, places: readonly CheckpointPlace[], at: Date) => Promise<void>;
};

/** When objects that are stored under the hash of their content were last wanted. */
export type ObjectUsesRepository = {
  /** Notes that somebody wants the object. Throws `not-ready` while it is being deleted. */
  readonly touch: (key: string, at: Date) => Promise<void>;
  /** Takes in keys that are stored and that nobody has asked for since there are notes. Those that are known stay as they are. */
  readonly take: (keys: readonly string[], at: Date) => Promise<void>;
  /** Of these, the keys that nothing names and nobody has wanted since `before`; those whose deletion has begun first. */
  readonly needless: (before: Date, limit: number) => Promise<readonly string[]>;
  /** Begins the deletion; false when it is wanted again. From here on `touch` refuses. */
  readonly condemn: (key: string, before: Date, at: Date) => Promise<boolean>;
  /** The object is gone: who wants it may store it again. */
  readonly forget: (key: string) => Promise<void>;
};
