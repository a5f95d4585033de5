import type { RunningSpan } from '../../core/jobs/running-time.ts';
import type { AttemptEnding, AttemptState, JobSpec, JobState, Page } from '@artenic/core';
import type { BilledAttempt } from '../../core/cost/cost.ts';
import type { EndingCount, FailoverAction, Offer } from '../../core/failover/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { SignalState } from '../../core/signals/reduce.ts';
import type { ProjectPrincipal } from './principal.ts';

export type JobRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly createdBy: string;
  readonly service: string;
  readonly model: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly message: string;
  readonly priority: number;
  /** The fence: only this attempt may write. 0 before the first. */
  readonly currentAttempt: number;
  readonly progress: number | null;
  readonly resultModel: string | null;
  readonly resultVersion: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly cancelRequestedBy: string | null;
  /** When the cancel reached the job's workflow; null until then, and the relay delivers it. */
  readonly cancelDeliveredAt: Date | null;
  /** When `maxHours` ends for the attempt that said hello last; null before the first hello. */
  readonly stopAt: Date | null;
  /** When the workflow's start was confirmed; null until then, and the relay starts it. */
  readonly workflowStartedAt: Date | null;
  /** When the histories of its workflows were put into object storage. */
  readonly historyKeptAt: Date | null;
  /** Since when no new attempt is launched; null when the job is not held. */
  readonly heldAt: Date | null;
  /** What the signals from outside come to; null before the first. */
  readonly signals: SignalState | null;
};

/** What the relay needs of a job, without its spec. */
export type OpenJob = Pick<
  JobRecord,
  'id' | 'service' | 'createdAt' | 'workflowStartedAt' | 'cancelRequestedAt' | 'cancelDeliveredAt'
>;
export type OpenJobsQuery = {
  readonly olderThan: Date;
  readonly limit: number;
  readonly after?: Pick<JobRecord, 'createdAt' | 'id'>;
};

export type JobInsert = {
  readonly id: string;
  readonly spec: JobSpec;
  readonly principal: Pick<ProjectPrincipal, 'name' | 'projectId'>;
  readonly createdAt: Date;
};

export type JobsRepository = {
  /** In state `queued`; appends the event `job.state`. The same id again changes nothing and returns the row; another project's id throws `conflict`. */
  readonly insert: (job: JobInsert) => Promise<JobRecord>;
  readonly find: (id: string) => Promise<JobRecord | null>;
  /** Throws `not-found`. */
  readonly get: (id: string) => Promise<JobRecord>;
  /** Newest first. `cursor` is opaque. */
  readonly list: (query: {
    readonly projectId: string;
    readonly states?: readonly JobState[];
    readonly service?: string;
    /** Part of a service's or model's name, or the beginning of an id. */
    readonly search?: string;
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<Page<JobRecord>>;
  /**
   * Moves to `to` if `core/jobs/transitions.ts` allows it, and appends the event `job.state` in the same transaction.
   * A terminal job and a transition that is not allowed change nothing: the record comes back as it is.
   */
  readonly transition: (
    id: string,
    to: JobState,
    options?: { readonly message?: string; readonly resultModel?: string; readonly resultVersion?: number },
  ) => Promise<JobRecord>;
  /** The first request stays; a terminal job throws `conflict`. Moves to `cancelling` and appends the event. */
  readonly requestCancel: (id: string, by: string, at: Date) => Promise<JobRecord>;
  /** Moves the fence forward, never back. */
  readonly moveFence: (id: string, attempt: number) => Promise<void>;
  /** At the hello of each attempt, for `maxHours` counts running hours. */
  readonly setStopAt: (id: string, stopAt: Date) => Promise<void>;
  /** Of an attempt that is no longer the current one nothing is taken. */
  readonly setProgress: (id: string, progress: number, attempt?: number) => Promise<void>;
  /** The current attempt, which stays that to the transaction's end. For one that does not change the job's row. */
  readonly holdFence: (id: string) => Promise<number>;
  /** As `get`, and nobody else changes it until the transaction's end. */
  readonly lock: (id: string) => Promise<JobRecord>;
  /** Keeps what the signals come to; appends the event `job.state` when that holds the job or lets it go. */
  readonly setSignals: (id: string, signals: SignalState) => Promise<JobRecord>;
  readonly markWorkflowStarted: (id: string, at: Date) => Promise<void>;
  /** Terminal since before `olderThan`, and the history of their workflows is not in object storage yet; oldest first. */
  readonly withoutHistory: (query: {
    readonly olderThan: Date;
    readonly limit: number;
  }) => Promise<readonly JobRecord[]>;
  readonly markHistoryKept: (id: string, at: Date) => Promise<void>;
  /** The first delivery stays. */
  readonly markCancelDelivered: (id: string, at: Date) => Promise<void>;
  /** Not terminal, for the relay: `createdAt` before `olderThan`, oldest first, behind `after`. */
  readonly open: (query: OpenJobsQuery) => Promise<readonly OpenJob[]>;
  /** Those of `open` whose workflow or whose cancel has not reached Temporal. */
  readonly undelivered: (query: OpenJobsQuery) => Promise<readonly OpenJob[]>;
};

export type AttemptRecord = {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  /** Number of the launch that is under way or was the last: each has a token of its own. */
  readonly launch: number;
  readonly state: AttemptState;
  readonly handle: InstanceRef | null;
  readonly tokenHash: string | null;
  readonly stopRequested: StopReason | null;
  readonly ending: AttemptEnding | null;
  readonly restoredFrom: string | null;
  readonly createdAt: Date;
  readonly launchedAt: Date | null;
  /** When the launch gave the instance. */
  readonly instanceSince: Date | null;
  /** The one machine that may launch it, where a provider's instances are seen from their machine only; null until one tries. */
  readonly machine: string | null;
  readonly helloAt: Date | null;
  readonly runningAt: Date | null;
  /** The last sign of life of its machine: any request under the attempt's own token, most often a heartbeat. */
  readonly lastHeartbeatAt: Date | null;
  /** Bytes of its last files that its runner has moved; null until the command is over. */
  readonly deliveryMovedBytes: bigint | null;
  /** When that number last grew. */
  readonly deliveryMovedAt: Date | null;
  /** When the runner said that all is delivered; its completion marker is in storage since. */
  readonly runnerOverAt: Date | null;
  /** When it was heard that its machine is taken back; null when it was not. */
  readonly noticedAt: Date | null;
  /** When its machine ends: the earliest that was told. */
  readonly noticeDeadlineAt: Date | null;
  /** When its runner said that the command was stopped before its end, its last checkpoint being in storage. */
  readonly releasedAt: Date | null;
  readonly endedAt: Date | null;
  /** When the last call began that may have made its instance; null when none can have. */
  readonly launchTriedAt: Date | null;
  /** The call that alone may launch it, until `launchLeaseUntil`; null when there is none. */
  readonly launchedBy: string | null;
  readonly launchLeaseUntil: Date | null;
  /** Where the launch stands in its trace, as the W3C writes it; null without traces. */
  readonly traceparent: string | null;
  /** When it was proved that nothing is left of its instance. */
  readonly terminationConfirmedAt: Date | null;
  /** When its instance began to run, by the provider's clock; null when it is not known to have run. */
  readonly billedFrom: Date | null;
  /** When it was gone, by the provider's clock. */
  readonly billedUntil: Date | null;
};

/** What the doctor says of an attempt whose machine is not heard. */
export type SilentAttempt = Pick<
  AttemptRecord,
  'id' | 'offer' | 'handle' | 'launchedAt' | 'instanceSince' | 'helloAt' | 'lastHeartbeatAt'
>;

/** Part of what belongs to a job. `cursor` is opaque. */
export type JobPageQuery = { readonly jobId: string; readonly cursor?: string; readonly limit: number };

export type AttemptsRepository = {
  /** Makes the row in state `waiting`; the same id again returns what is there. Appends the event `attempt.state` when made. */
  readonly open: (attempt: {
    readonly id: string;
    readonly jobId: string;
    readonly attempt: number;
    readonly offer: Offer;
    readonly reason: string;
    readonly createdAt: Date;
  }) => Promise<AttemptRecord>;
  readonly find: (id: string) => Promise<AttemptRecord | null>;
  readonly get: (id: string) => Promise<AttemptRecord>;
  /**
   * Whose token a runner sends. A sign of life of an attempt that is the job's newest and has not ended, when the last one
   * is `everyMs` old; what is returned is from before it.
   */
  readonly hear: (
    tokenHash: string,
    at: Date,
    everyMs: number,
  ) => Promise<{ readonly attempt: AttemptRecord; readonly job: JobRecord } | null>;
  /** The last ones, ascending by number: as many as any rule looks at one by one. */
  readonly newest: (jobId: string) => Promise<readonly AttemptRecord[]>;
  /** What all that have ended come to. */
  readonly endings: (
    jobId: string,
  ) => Promise<{ readonly endings: readonly EndingCount[]; readonly ruledOut: readonly Offer[] }>;
  /** When each attempt ran whose runner has said hello. */
  readonly runningSpans: (jobId: string) => Promise<readonly RunningSpan[]>;
  /** Its next launch, of this offer; one that is not after the present one changes nothing. */
  readonly moveLaunch: (
    id: string,
    to: { readonly launch: number; readonly offer: Offer; readonly reason: string; readonly at: Date },
  ) => Promise<void>;
  /** Ascending by number. */
  readonly listByJob: (jobId: string) => Promise<readonly AttemptRecord[]>;
  /** Ascending by number. */
  readonly page: (query: JobPageQuery) => Promise<Page<AttemptRecord>>;
  /** What the cost of these jobs is made of, by job. */
  readonly billedByJobs: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, readonly BilledAttempt[]>>;
  /**
   * The provider's own times of an instance. The first end stays; an instance that is not the attempt's own changes
   * nothing.
   */
  readonly setBilled: (
    instance: InstanceRef,
    billed: { readonly from: Date | null; readonly until: Date | null },
  ) => Promise<void>;
  /** Only forward (waiting → launching → starting → setup → running → stopping); `ended` is `end`'s. Stamps the matching time; appends the event. */
  readonly advance: (id: string, to: Exclude<AttemptState, 'waiting' | 'ended'>, at: Date) => Promise<AttemptRecord>;
  /** From now on only this machine launches it, unless another one was first; returns which it is. */
  readonly claimMachine: (id: string, machine: string) => Promise<string>;
  /** The first one stays, and is given. */
  readonly setTraceparent: (id: string, traceparent: string) => Promise<string>;
  /** The launch has given this instance. The first time stays. */
  readonly setHandle: (id: string, handle: InstanceRef, at: Date) => Promise<void>;
  /** First hello wins; the same hash again is fine; another hash, or an ended attempt, throws `fenced`. */
  readonly hello: (id: string, tokenHash: string, at: Date) => Promise<AttemptRecord>;
  /**
   * A sign of life. The latest time stays; an id that there is no row of is fine. `movedBytes`: how far the delivery of its
   * last files is, absent while its command runs.
   */
  readonly heartbeat: (id: string, at: Date, movedBytes?: number) => Promise<void>;
  /** Attempts with an instance that have not ended and gave no sign since `since`, longest first, at most `limit`. */
  readonly silent: (since: Date, limit: number) => Promise<readonly SilentAttempt[]>;
  /** How many machines ended since `since` without a word, by provider. */
  readonly mute: (since: Date) => Promise<ReadonlyMap<string, number>>;
  /** The first time stays. */
  readonly runnerOver: (id: string, at: Date) => Promise<void>;
  /** The first time and the earliest deadline stay: the order of several makes no difference. */
  readonly notice: (id: string, deadlineAt: Date, at: Date) => Promise<void>;
  /** The first time stays. */
  readonly release: (id: string, at: Date) => Promise<void>;
  /**
   * Null: `holder` alone may launch it for the next `forMs`, by the database's clock. Else the milliseconds until the lease of
   * another holder is over.
   */
  readonly leaseLaunch: (id: string, holder: string, forMs: number) => Promise<number | null>;
  /** Renewing an expired or released lease has no effect. */
  readonly renewLaunchLease: (id: string, holder: string, forMs: number) => Promise<void>;
  /** Somebody else's lease stays. */
  readonly endLaunchLease: (id: string, holder: string) => Promise<void>;
  readonly setRestoredFrom: (id: string, name: string) => Promise<void>;
  readonly requestStop: (id: string, reason: StopReason) => Promise<void>;
  /** The first ending stays and is returned. Appends the event. */
  readonly end: (id: string, ending: AttemptEnding, at: Date) => Promise<AttemptEnding>;
};

export type DecisionRecord = {
  readonly jobId: string;
  readonly decision: number;
  readonly policyVersion: string;
  readonly inputs: unknown;
  readonly action: FailoverAction;
  readonly decidedAt: Date;
};
/** Without what it was decided by, which is long. */
export type DecisionSummary = Omit<DecisionRecord, 'inputs'>;
export type LaunchAction = Extract<FailoverAction, { readonly kind: 'launch' }>;
export type DecisionsRepository = {
  readonly find: (jobId: string, decision: number) => Promise<DecisionRecord | null>;
  readonly latest: (jobId: string) => Promise<DecisionSummary | null>;
  /** The first stored under a number stays and is returned. */
  readonly insert: (decision: DecisionRecord) => Promise<DecisionRecord>;
  /** The decisions that launched these attempts. */
  readonly launches: (jobId: string, attempts: readonly number[]) => Promise<readonly LaunchAction[]>;
  /** In their order. */
  readonly page: (query: JobPageQuery) => Promise<Page<DecisionSummary>>;
};
