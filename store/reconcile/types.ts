import type { JobState } from '@artenic/core';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { StrayReason } from '@artenic/core';
import type { Stray } from '../../core/reconcile/types.ts';

/** What one sweep saw and did. */
export type SweepFindings = {
  /** Living instances in the provider's list. */
  readonly instances: number;
  /** Rows that were compared: not settled, or not proved gone. */
  readonly attempts: number;
  /** Instances that should not be there, those still in their grace included. */
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
  /** When a sweep last came to its end. */
  readonly succeededAt: Date | null;
  /** Why the last one did not. */
  readonly error: string | null;
  /** Of the last one that did. */
  readonly findings: SweepFindings | null;
};

/** An instance that should not be there. */
export type StrayRecord = {
  readonly provider: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly region: string;
  readonly reason: StrayReason;
  /** Since when nobody wants it. */
  readonly since: Date;
  /** When its grace ends; null when its own workflow terminates it. */
  readonly dueAt: Date | null;
  /** As its attempt was launched; null when no row says it. */
  readonly priceUsdMicrosPerHour: bigint | null;
  readonly tries: number;
  readonly lastTriedAt: Date | null;
  readonly lastError: string | null;
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
  readonly terminationConfirmedAt: Date | null;
  readonly unwatchedAt: Date | null;
  readonly billedUntil: Date | null;
  /** Which machine alone can tell of its instance; null where all can, or none has tried yet. */
  readonly machine: string | null;
  readonly jobState: JobState;
  readonly currentAttempt: number;
};

export type ReconcileRepository = {
  /** A call that may make the attempt's instance begins; null: it was refused, and made none. */
  readonly launchTried: (attemptId: string, at: Date | null) => Promise<void>;
  /** The end of its instance was asked for, and it still lives. The first time stays. */
  readonly terminateTried: (attemptId: string, at: Date) => Promise<void>;
  /** The only way to "terminated": to be called with proof that nothing of their instances is left. The first time stays. */
  readonly confirmTermination: (attemptIds: readonly string[], at: Date) => Promise<void>;
  /** An instance of it lives after all. */
  readonly denyTermination: (attemptId: string) => Promise<void>;
  /** Rows of this provider that are not over, oldest first and at most `limit`, and those with these ids. */
  readonly attempts: (query: {
    readonly provider: string;
    readonly attemptIds: readonly string[];
    readonly limit: number;
  }) => Promise<readonly SweptAttempt[]>;
  /** Notes since when attempts have no open workflow; the first time stays as long as they have none. */
  readonly setWatched: (attempts: {
    readonly watched: readonly string[];
    readonly unwatched: readonly string[];
    readonly at: Date;
  }) => Promise<void>;
  /** All that are open, and those resolved since `resolvedAfter`. */
  readonly strays: (provider: string, resolvedAfter: Date) => Promise<readonly StrayRecord[]>;
  /** Replaces what is open of this provider, or of one of its machines; appends the events `instance.unresolved` and `instance.resolved`. */
  readonly setStrays: (provider: string, strays: readonly Stray[], at: Date, machine?: string) => Promise<void>;
  /** Its end was asked for in vain. One that is not written down is none of ours. */
  readonly strayTried: (handle: InstanceRef, at: Date, error: string | null) => Promise<void>;
  /** Proved gone. */
  readonly strayResolved: (handle: InstanceRef, at: Date) => Promise<void>;
  /** Open ones of all providers, longest first. */
  readonly unresolved: () => Promise<readonly StrayRecord[]>;
  readonly finishSweep: (
    sweep: Pick<SweepRecord, 'provider' | 'startedAt' | 'finishedAt'> &
      ({ readonly error: string } | { readonly findings: SweepFindings }),
  ) => Promise<void>;
  readonly sweeps: () => Promise<readonly SweepRecord[]>;
  /** When each provider said the newest price that something was launched for. */
  readonly pricedAt: () => Promise<ReadonlyMap<string, Date>>;
  /** How far the clock of this process is ahead of PostgreSQL's. */
  readonly clockSkewMs: () => Promise<number>;
};
