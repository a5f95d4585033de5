import type { CheckpointPlace, JobFacts, JobStage } from '../../core/retention/due.ts';

export type OldPartition = { readonly name: string; readonly untilMs: number; readonly bytes: number };

export type ExpiredQuery = {
  readonly keysBefore: Date;
  readonly sessionsBefore: Date;
  readonly straysBefore: Date;
  readonly auditBefore: Date;
  readonly noticesBefore: Date;
  readonly isDryRun: boolean;
};

/** Reads and deletions of the collector. `core/retention` decides. */
export type RetentionRepository = {
  /** True when only `holder` may collect for the next `forMs`, by the database's clock. */
  readonly lease: (holder: string, forMs: number) => Promise<boolean>;
  readonly endLease: (holder: string) => Promise<void>;
  /**
   * Expired idempotency keys, sign-ins, resolved strays, audit entries and finished messages: their number, or the
   * number of deleted ones.
   */
  readonly expired: (query: ExpiredQuery) => Promise<number>;
  /** Partitions of `table` that end at or before this time and contain only numbered events, oldest first. */
  readonly oldPartitions: (table: 'events', untilMs: number) => Promise<readonly OldPartition[]>;
  readonly dropPartition: (table: 'events', name: string) => Promise<void>;
  /** Weekly partitions of metric points whose jobs all ended before `endedBefore` and may go; oldest first. */
  readonly duePoints: (endedBefore: Date) => Promise<readonly OldPartition[]>;
  /** False if one of the jobs may no longer go. */
  readonly dropPoints: (name: string, endedBefore: Date) => Promise<boolean>;
  /** Creates the partitions of the coming weeks. */
  readonly ensurePartitions: (nowMs: number) => Promise<void>;
  /** Counts the ended jobs by day, up to the day before yesterday. */
  readonly countDays: () => Promise<void>;
  /** Jobs that ended before `endedBefore`, are settled, and are not yet collected to this stage; oldest first. */
  readonly dueJobs: (stage: JobStage, endedBefore: Date, limit: number) => Promise<readonly string[]>;
  /** Null if the job does not exist. */
  readonly facts: (jobId: string) => Promise<JobFacts | null>;
  readonly countRows: (stage: JobStage, jobId: string) => Promise<number>;
  /** Deletes the rows of the stage if `isDue` still holds for the locked job; returns their number. */
  readonly finishStage: (
    stage: JobStage,
    jobId: string,
    at: Date,
    isDue: (facts: JobFacts) => boolean,
  ) => Promise<number>;
  /** Living jobs with checkpoints of ended attempts, after `after`, by id. */
  readonly jobsWithOldCheckpoints: (after: string, limit: number) => Promise<readonly string[]>;
  /** Checkpoints that are not collected, newest first, and the attempts that may still write. */
  readonly checkpoints: (
    jobId: string,
  ) => Promise<{ readonly places: readonly CheckpointPlace[]; readonly openAttempts: ReadonlySet<number> }>;
  /** Those of the given attempts that have not ended, or whose instance is not proved gone. */
  readonly unsettledAttempts: (attemptIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly markCheckpointsCollected: (jobId: string, places: readonly CheckpointPlace[], at: Date) => Promise<void>;
};

/** Last uses of objects that are stored under the hash of their content. */
export type ObjectUsesRepository = {
  /** Records a use of the object. Throws `not-ready` while it is being deleted. */
  readonly touch: (key: string, at: Date) => Promise<void>;
  /** Records the size of an object that is stored. */
  readonly noteStored: (key: string, bytes: number) => Promise<void>;
  /** Adds stored keys that have no recorded use yet. Known keys stay unchanged. */
  readonly take: (keys: readonly string[], at: Date) => Promise<void>;
  /** Keys without a reference and without a use since `before`; those whose deletion has begun come first. */
  readonly needless: (before: Date, limit: number) => Promise<readonly string[]>;
  /** Begins the deletion; false if the object is needed again. From here on `touch` refuses. */
  readonly condemn: (key: string, before: Date, at: Date) => Promise<boolean>;
  /** The object is deleted: it may be stored again. */
  readonly forget: (key: string) => Promise<void>;
};
