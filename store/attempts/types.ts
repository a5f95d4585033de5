import type { RunningSpan } from '../../core/jobs/running-time.ts';
import type { AttemptEnding, AttemptState, Page } from '@artenic/core';
import type { BilledAttempt } from '../../core/cost/cost.ts';
import type { TrainedSpan } from '../../core/jobs/times.ts';
import type { EndingCount, Offer } from '../../core/failover/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { JobRecord } from '../jobs/types.ts';

export type AttemptRecord = {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  /** Number of the current or last launch: each launch has its own token. */
  readonly launch: number;
  readonly state: AttemptState;
  readonly handle: InstanceRef | null;
  readonly tokenHash: string | null;
  readonly stopRequested: StopReason | null;
  readonly ending: AttemptEnding | null;
  readonly restoredFrom: string | null;
  readonly createdAt: Date;
  readonly launchedAt: Date | null;
  /** When the launch returned the instance. */
  readonly instanceSince: Date | null;
  /**
   * The only machine that may launch the attempt, for a provider whose instances are seen only from their machine; null
   * before the first try.
   */
  readonly machine: string | null;
  readonly helloAt: Date | null;
  readonly runningAt: Date | null;
  /** The last sign of life of its machine: any request with the attempt's own token, usually a heartbeat. */
  readonly lastHeartbeatAt: Date | null;
  /** Bytes of its last files that its runner has moved; null until the command is over. */
  readonly deliveryMovedBytes: bigint | null;
  /** When `deliveryMovedBytes` last grew. */
  readonly deliveryMovedAt: Date | null;
  /** When the runner reported the end of the delivery; its completion marker is in storage since. */
  readonly runnerOverAt: Date | null;
  /** When the platform learned that its machine is taken back; null without a notice. */
  readonly noticedAt: Date | null;
  /** When its machine ends, by the earliest announced deadline. */
  readonly noticeDeadlineAt: Date | null;
  /** When its runner reported that the command was stopped before its end and the last checkpoint is in storage. */
  readonly releasedAt: Date | null;
  readonly endedAt: Date | null;
  /** When the last call began that may have created its instance; null when no call can have created one. */
  readonly launchTriedAt: Date | null;
  /** The call that alone may launch the attempt until `launchLeaseUntil`; null without a lease. */
  readonly launchedBy: string | null;
  readonly launchLeaseUntil: Date | null;
  /** Position of the launch in its trace, as a W3C `traceparent`; null without traces. */
  readonly traceparent: string | null;
  /** When a request to end its instance first left the instance alive. */
  readonly terminateTriedAt: Date | null;
  /** Since when the provider refuses each request to end its instance; null when it has accepted the last one. */
  readonly terminateRefusedAt: Date | null;
  /** Refused requests since then. */
  readonly terminateRefusals: number;
  /** Answer to the last request, if the provider refused it. */
  readonly terminateError: string | null;
  /** When the provider's list first proved that its instance is gone, although no request could end or describe it. */
  readonly unlistedAt: Date | null;
  /** When nothing was proved to be left of its instance. */
  readonly terminationConfirmedAt: Date | null;
  /** When its instance began to run, by the provider's clock; null if it is not known to have run. */
  readonly billedFrom: Date | null;
  /** When its instance was gone, by the provider's clock. */
  readonly billedUntil: Date | null;
};

/** The fields that the doctor needs of an attempt with a silent machine. */
export type SilentAttempt = Pick<
  AttemptRecord,
  'id' | 'jobId' | 'offer' | 'handle' | 'launchedAt' | 'instanceSince' | 'helloAt' | 'lastHeartbeatAt'
>;

/** The fields of an attempt that the views of its job show. */
export type AttemptOfJob = BilledAttempt &
  TrainedSpan &
  Pick<
    AttemptRecord,
    | ('id' | 'jobId' | 'attempt' | 'offer' | 'state' | 'handle' | 'createdAt' | 'launchedAt' | 'instanceSince')
    | ('terminateRefusedAt' | 'terminateRefusals' | 'terminateError')
  >;

/** An attempt whose instance the provider refuses to end. */
export type RefusedEnding = Pick<
  AttemptRecord,
  'id' | 'jobId' | 'offer' | 'handle' | 'terminateRefusedAt' | 'terminateRefusals' | 'terminateError'
>;

/** Query for a page of a job's items. `cursor` is opaque. */
export type JobPageQuery = { readonly jobId: string; readonly cursor?: string; readonly limit: number };

export type NextLaunchOfAttempt = {
  readonly launch: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly at: Date;
};

/** A time is null until the provider has reported it. */
export type BilledTimes = { readonly from: Date | null; readonly until: Date | null };

export type NewAttempt = {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly createdAt: Date;
};

export type AttemptsRepository = {
  /**
   * Creates the row in state `waiting` and appends the event `attempt.state`; for an existing id it returns the
   * existing row.
   */
  readonly open: (attempt: NewAttempt) => Promise<AttemptRecord>;
  readonly find: (id: string) => Promise<AttemptRecord | null>;
  readonly get: (id: string) => Promise<AttemptRecord>;
  /**
   * Finds the attempt by its runner's token. Stores a sign of life if the attempt is the job's newest and has not
   * ended, and if the last sign is at least `everyMs` old. Returns the state before that write.
   */
  readonly hear: (
    tokenHash: string,
    at: Date,
    everyMs: number,
  ) => Promise<{ readonly attempt: AttemptRecord; readonly job: JobRecord } | null>;
  /** The newest attempts, ascending by number; enough for every rule that looks at single attempts. */
  readonly newest: (jobId: string) => Promise<readonly AttemptRecord[]>;
  /** Counts of all endings, and the offers that are ruled out. */
  readonly endings: (
    jobId: string,
  ) => Promise<{ readonly endings: readonly EndingCount[]; readonly ruledOut: readonly Offer[] }>;
  /** Running times of the attempts whose runner has said hello. */
  readonly runningSpans: (jobId: string) => Promise<readonly RunningSpan[]>;
  /** Moves to the given launch of this offer; a launch that is not newer than the current one changes nothing. */
  readonly moveLaunch: (id: string, to: NextLaunchOfAttempt) => Promise<void>;
  /** Ascending by number. */
  readonly listByJob: (jobId: string) => Promise<readonly AttemptRecord[]>;
  /** Ascending by number. */
  readonly page: (query: JobPageQuery) => Promise<Page<AttemptRecord>>;
  /** Ids of jobs behind `after` whose costs grow, in their order. */
  readonly billedJobs: (after: string, limit: number) => Promise<readonly string[]>;
  /** The attempts of these jobs, by job, ascending by number. */
  readonly ofJobs: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, readonly AttemptOfJob[]>>;
  /** Attempts whose instance the provider refuses to end since before `since`, longest first, at most `limit`. */
  readonly ending: (since: Date, limit: number) => Promise<readonly RefusedEnding[]>;
  /**
   * Stores the provider's own times of an instance. The first end stays; an instance that is not the attempt's own
   * changes nothing.
   */
  readonly setBilled: (instance: InstanceRef, billed: BilledTimes) => Promise<void>;
  /**
   * Only forward (waiting → launching → starting → setup → running → stopping); `end` sets `ended`. Stores the matching
   * time; appends the event.
   */
  readonly advance: (id: string, to: Exclude<AttemptState, 'waiting' | 'ended'>, at: Date) => Promise<AttemptRecord>;
  /** Reserves the launch for this machine unless another one was first; returns the machine that holds it. */
  readonly claimMachine: (id: string, machine: string) => Promise<string>;
  /** Stores the launch's `traceparent`. The first one stays; returns the one that is stored. */
  readonly setTraceparent: (id: string, traceparent: string) => Promise<string>;
  /** Stores the instance that the launch returned. The first time stays. */
  readonly setHandle: (id: string, handle: InstanceRef, at: Date) => Promise<void>;
  /** The first hello wins; the same hash again succeeds; another hash, or an ended attempt, throws `fenced`. */
  readonly hello: (id: string, tokenHash: string, at: Date) => Promise<AttemptRecord>;
  /**
   * Stores a sign of life. The latest time stays; an unknown id is ignored. `movedBytes`: progress of the delivery of
   * its last files, absent while its command runs.
   */
  readonly heartbeat: (id: string, at: Date, movedBytes?: number) => Promise<void>;
  /**
   * Attempts with an instance that have not ended and gave no sign of life since `since`, longest first, at most
   * `limit`.
   */
  readonly silent: (since: Date, limit: number) => Promise<readonly SilentAttempt[]>;
  /** How many machines ended since `since` without a hello, by provider. */
  readonly mute: (since: Date) => Promise<ReadonlyMap<string, number>>;
  /** The first time stays. */
  readonly runnerOver: (id: string, at: Date) => Promise<void>;
  /** The first time and the earliest deadline stay, so the order of several notices makes no difference. */
  readonly notice: (id: string, deadlineAt: Date, at: Date) => Promise<void>;
  /** The first time stays. */
  readonly release: (id: string, at: Date) => Promise<void>;
  /**
   * Null: only `holder` may launch the attempt for the next `forMs`, by the database's clock. Otherwise the
   * milliseconds until another holder's lease ends.
   */
  readonly leaseLaunch: (id: string, holder: string, forMs: number) => Promise<number | null>;
  /** Renewing an expired or released lease has no effect. */
  readonly renewLaunchLease: (id: string, holder: string, forMs: number) => Promise<void>;
  /** The lease of another holder stays. */
  readonly endLaunchLease: (id: string, holder: string) => Promise<void>;
  readonly setRestoredFrom: (id: string, name: string) => Promise<void>;
  readonly requestStop: (id: string, reason: StopReason) => Promise<void>;
  /** The first ending stays and is returned. Appends the event. */
  readonly end: (id: string, ending: AttemptEnding, at: Date) => Promise<AttemptEnding>;
};
