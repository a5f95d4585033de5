import type { JobSort, JobSpec, JobState, Market, Page } from '@artenic/core';
import type { JobCandidate } from '../../core/errors.ts';
import type { ProgressTrack } from '../../core/jobs/time-left.ts';
import type { SignalState } from '../../core/signals/reduce.ts';
import type { JobDatasetInsert } from '../datasets/types.ts';
import type { ProjectPrincipal } from '../principal.ts';

export type JobRecord = {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly createdBy: string;
  readonly service: string;
  readonly model: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Since when the job is in its state; null for a job that an older release moved last. */
  readonly stateSince: Date | null;
  readonly message: string;
  readonly priority: number;
  /** Provider of the newest attempt; before the first one the only choice of the job, or null. */
  readonly provider: string | null;
  readonly market: Market | null;
  /** Sum over its attempts when it was last written: at each change of state, and about once a minute in between. */
  readonly costUsdMicros: bigint;
  /** The fence: only this attempt may write. 0 before the first attempt. */
  readonly currentAttempt: number;
  readonly progress: number | null;
  /** Earlier reports of the progress, thinned; null before the first. */
  readonly progressTrack: ProgressTrack | null;
  readonly resultModel: string | null;
  readonly resultVersion: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly cancelRequestedBy: string | null;
  /** When the cancel reached the job's workflow; null until then, while the relay delivers it. */
  readonly cancelDeliveredAt: Date | null;
  /** When the end without a grace was requested; null when the cancel leaves time for a last checkpoint. */
  readonly cancelNowAt: Date | null;
  /** When `maxHours` ends for the attempt with the latest hello; null before the first hello. */
  readonly stopAt: Date | null;
  /** When the workflow's start was confirmed; null until then, while the relay starts it. */
  readonly workflowStartedAt: Date | null;
  /** When the histories of its workflows were put into object storage. */
  readonly historyKeptAt: Date | null;
  /** Since when no new attempt is launched; null when the job is not held. */
  readonly heldAt: Date | null;
  /** Combined state of the job's signals; null before the first signal. */
  readonly signals: SignalState | null;
};

/** The fields of a job that the relay needs, without the spec. */
export type OpenJob = Pick<
  JobRecord,
  | 'id'
  | 'name'
  | 'service'
  | 'createdAt'
  | 'workflowStartedAt'
  | 'cancelRequestedAt'
  | 'cancelNowAt'
  | 'cancelDeliveredAt'
>;

export type OpenJobsQuery = {
  readonly olderThan: Date;
  readonly limit: number;
  readonly after?: Pick<JobRecord, 'createdAt' | 'id'>;
};

export type JobInsert = {
  readonly id: string;
  readonly name: string;
  readonly spec: JobSpec;
  /** Dataset versions that it reads; none when absent. */
  readonly datasets?: readonly JobDatasetInsert[];
  readonly principal: Pick<ProjectPrincipal, 'name' | 'projectId'>;
  readonly createdAt: Date;
};

/** Filters of the list; all that are given must hold. */
export type JobsFilter = {
  readonly projectId: string;
  readonly states?: readonly JobState[];
  /** Only jobs that have not ended. */
  readonly isOpen?: true;
  readonly service?: string;
  readonly model?: string;
  /** One of the providers that a job names. */
  readonly namedProvider?: string;
  /** As in the job's row. */
  readonly provider?: string;
  readonly market?: Market;
  readonly labels?: readonly (readonly [key: string, value: string])[];
  /** Name of the principal that has submitted the job. */
  readonly submittedBy?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Beginnings of words of the job, or the beginning or end of its id. */
  readonly search?: string;
};

export type JobsQuery = JobsFilter & {
  /** Newest first when absent. Equal values are in the order of submission. */
  readonly sort?: JobSort;
  readonly cursor?: string;
  /** Jobs to leave out at the beginning; a cursor costs less. */
  readonly offset?: number;
  readonly limit: number;
};

/** The report of an attempt's runner, and the track before it. */
export type ProgressReport = {
  readonly attempt: number;
  readonly at: Date;
  readonly track: ProgressTrack | null;
};

export type JobsRepository = {
  /**
   * Inserts in state `queued` and appends the event `job.state`. An existing id changes nothing and returns the row;
   * another project's id throws `conflict`, and so does a dataset that was just deleted.
   */
  readonly insert: (job: JobInsert) => Promise<JobRecord>;
  readonly find: (id: string) => Promise<JobRecord | null>;
  /** Throws `not-found`. */
  readonly get: (id: string) => Promise<JobRecord>;
  /** The project's jobs whose id begins or ends with these digits, newest first. Digits have no dashes. */
  readonly withIdPart: (projectId: string, digits: string, limit: number) => Promise<readonly JobCandidate[]>;
  /** Configuration of the service's newest job; null without one. */
  readonly newestConfig: (projectId: string, service: string) => Promise<Readonly<Record<string, unknown>> | null>;
  /** The next number of the service's jobs; a number is given once. */
  readonly nextNumber: (projectId: string, service: string) => Promise<number>;
  /** `cursor` is opaque, and belongs to the order that it came from. */
  readonly list: (query: JobsQuery) => Promise<Page<JobRecord>>;
  /**
   * Moves to `to` if `core/jobs/transitions.ts` allows it, and appends the event `job.state` in the same transaction. A
   * terminal job or a forbidden transition changes nothing: the record is returned unchanged.
   */
  readonly transition: (
    id: string,
    to: JobState,
    options?: { readonly message?: string; readonly resultModel?: string; readonly resultVersion?: number },
  ) => Promise<JobRecord>;
  /**
   * The first request stays; a terminal job throws `conflict`. Moves to `cancelling` and appends the event. With `isNow`
   * also an earlier request becomes one without grace, which is delivered again.
   */
  readonly requestCancel: (
    id: string,
    by: string,
    at: Date,
    options?: { readonly isNow?: boolean },
  ) => Promise<JobRecord>;
  /** Moves the fence forward, never back. */
  readonly moveFence: (id: string, attempt: number) => Promise<void>;
  /** Called at the hello of each attempt, because `maxHours` counts running hours. */
  readonly setStopAt: (id: string, stopAt: Date) => Promise<void>;
  /**
   * Stores the progress, and adds it to the track. The progress of an attempt that is no longer the current one is
   * ignored.
   */
  readonly setProgress: (id: string, progress: number, by?: ProgressReport) => Promise<void>;
  /**
   * The current attempt, which stays current until the end of the transaction. For a transaction that does not change
   * the job's row.
   */
  readonly holdFence: (id: string) => Promise<number>;
  /** As `get`, with the row locked until the end of the transaction. */
  readonly lock: (id: string) => Promise<JobRecord>;
  /** Stores the combined signals; appends the event `job.state` if they hold or release the job. */
  readonly setSignals: (id: string, signals: SignalState) => Promise<JobRecord>;
  /** Writes the present costs of these jobs for the order by cost. */
  readonly refreshCosts: (jobIds: readonly string[], now: Date) => Promise<void>;
  readonly markWorkflowStarted: (id: string, at: Date) => Promise<void>;
  /**
   * Jobs that were terminal before `olderThan` and whose workflow history is not in object storage yet; oldest first.
   */
  readonly withoutHistory: (query: {
    readonly olderThan: Date;
    readonly limit: number;
  }) => Promise<readonly JobRecord[]>;
  readonly markHistoryKept: (id: string, at: Date) => Promise<void>;
  /** The first delivery stays. */
  readonly markCancelDelivered: (id: string, at: Date) => Promise<void>;
  /** For the relay: jobs that are not terminal and were created before `olderThan`, oldest first, after `after`. */
  readonly open: (query: OpenJobsQuery) => Promise<readonly OpenJob[]>;
  /** How many jobs wait for an instance, by provider that they may use; counted over at most 10,000 open jobs. */
  readonly blockedByProvider: () => Promise<ReadonlyMap<string, number>>;
  /** Jobs that are queued since before `olderThan`, counted up to 10,000, and the longest of them. */
  readonly untaken: (olderThan: Date) => Promise<{ readonly jobs: number; readonly since: Date | null }>;
  /** Those jobs of `open` whose workflow start or cancel has not reached Temporal. */
  readonly undelivered: (query: OpenJobsQuery) => Promise<readonly OpenJob[]>;
};
