import type { RunningSpan } from '../../core/jobs/running-time.ts';
import type { AttemptEnding, AttemptState, Page } from '@artenic/core';
import type { BilledAttempt } from '../../core/cost/cost.ts';
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
