import type { JobState } from '@artenic/core';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { StrayReason } from '@artenic/core';
import type { Stray } from '../../core/reconcile/types.ts';

/** Findings and actions of a sweep. */
export type SweepFindings = {
  /** Living instances in the provider's list. */
  readonly instances: number;
  /** Compared rows: those not settled, or not proved gone. */
  readonly attempts: number;
  /** Strays, including those still in their grace. */
  readonly strays: number;
  readonly terminated: number;
  readonly refused: number;
  readonly settled: number;
  readonly restarted: number;
  readonly confirmed: number;
};

export type SweepRecord = {
  readonly provider: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** When the last successful sweep ended. */
  readonly succeededAt: Date | null;
  /** Why the last sweep failed; null if it succeeded. */
  readonly error: string | null;
  /** Findings of the last successful sweep. */
  readonly findings: SweepFindings | null;
};

/** A stray instance. */
export type StrayRecord = {
  readonly provider: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly region: string;
  readonly reason: StrayReason;
  /** Since when the instance is unwanted. */
  readonly since: Date;
  /** When its grace ends; null when its own workflow terminates it. */
  readonly dueAt: Date | null;
  /** The price at which its attempt was launched; null if no row has it. */
  readonly priceUsdMicrosPerHour: bigint | null;
  readonly tries: number;
  readonly lastTriedAt: Date | null;
  readonly lastError: string | null;
  /** When a person last asked for another try to end it. */
  readonly retryAskedAt: Date | null;
  readonly toldAt: Date | null;
  readonly resolvedAt: Date | null;
};

export type SweptAttempt = {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly handle: InstanceRef | null;
  readonly endedAt: Date | null;
  readonly launchTriedAt: Date | null;
  readonly terminateTriedAt: Date | null;
  readonly unlistedAt: Date | null;
  readonly terminationConfirmedAt: Date | null;
  readonly unwatchedAt: Date | null;
  readonly billedUntil: Date | null;
  /** The only machine that can see its instance; null if every machine can, or none has tried yet. */
  readonly machine: string | null;
  readonly jobState: JobState;
  readonly currentAttempt: number;
};

export type FinishedSweep = Pick<SweepRecord, 'provider' | 'startedAt' | 'finishedAt'> &
  ({ readonly error: string } | { readonly findings: SweepFindings });

export type SweptAttemptsQuery = {
  readonly provider: string;
  readonly attemptIds: readonly string[];
  readonly limit: number;
};

export type ReconcileRepository = {
  /** A call begins that may create the attempt's instance; null: the call was refused and created none. */
  readonly launchTried: (attemptId: string, at: Date | null) => Promise<void>;
  /** The end of its instance was requested, and the instance still lives. The first time stays. */
  readonly terminateTried: (attemptId: string, at: Date, refusal: string | null) => Promise<void>;
  /** The provider's list proves that the instances of these attempts are gone. The first time stays. */
  readonly unlisted: (attemptIds: readonly string[], at: Date) => Promise<void>;
  /** The only way to "terminated": call it with proof that nothing of their instances is left. The first time stays. */
  readonly confirmTermination: (attemptIds: readonly string[], at: Date) => Promise<void>;
  /** Withdraws the confirmation because an instance of the attempt still lives. */
  readonly denyTermination: (attemptId: string) => Promise<void>;
  /** Rows of this provider that are not over, oldest first and at most `limit`, plus the rows with these ids. */
  readonly attempts: (query: SweptAttemptsQuery) => Promise<readonly SweptAttempt[]>;
  /** Stores since when attempts have no open workflow; the first time stays as long as they have none. */
  readonly setWatched: (attempts: {
    readonly watched: readonly string[];
    readonly unwatched: readonly string[];
    readonly at: Date;
  }) => Promise<void>;
  /** All open strays, and those resolved since `resolvedAfter`. */
  readonly strays: (provider: string, resolvedAfter: Date) => Promise<readonly StrayRecord[]>;
  /**
   * Replaces the open strays of this provider, or of one of its machines; appends the events `instance.unresolved` and
   * `instance.resolved`.
   */
  readonly setStrays: (provider: string, strays: readonly Stray[], at: Date, machine?: string) => Promise<void>;
  /** A terminate request did not end the stray. A stray that is not recorded is ignored. */
  readonly strayTried: (handle: InstanceRef, at: Date, error: string | null) => Promise<void>;
  /** A person asks for another try to end it. Appends to the audit log. */
  readonly askRetry: (stray: Pick<StrayRecord, 'provider' | 'instanceId'>, at: Date) => Promise<void>;
  /** The stray is proved gone. */
  readonly strayResolved: (handle: InstanceRef, at: Date) => Promise<void>;
  /** Open strays of all providers, longest first, at most 1000. */
  readonly unresolved: () => Promise<readonly StrayRecord[]>;
  readonly finishSweep: (sweep: FinishedSweep) => Promise<void>;
  readonly sweeps: () => Promise<readonly SweepRecord[]>;
  /** When each provider reported the newest price that an attempt was launched for. */
  readonly pricedAt: () => Promise<ReadonlyMap<string, Date>>;
  /** How far the clock of this process is ahead of PostgreSQL's. */
  readonly clockSkewMs: () => Promise<number>;
};
