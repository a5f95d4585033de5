import type { StrayReason } from '@artenic/core';
import type { InstanceHandle } from '../providers/provider.ts';

/** Actions of a sweep of one provider. */
export type SweepPlan = {
  /** Living instances in the list, and compared rows. */
  readonly seen: { readonly instances: number; readonly attempts: number; readonly strays: number };
  /** Attempts for which the list has just proved that nothing is left. */
  readonly confirmed: number;
  readonly terminate: readonly { readonly handle: InstanceHandle; readonly reason: StrayReason }[];
  readonly settle: readonly string[];
  readonly restart: readonly string[];
};

export type SweepOutcome = {
  readonly terminated: number;
  readonly refused: number;
  readonly settled: number;
  readonly restarted: number;
};

/** Steps of the reconciler that run on the provider's queue. */
export type SweepActivities = {
  /**
   * Reads the provider's list, then the rows, then Temporal, compares them, records the strays, and returns the actions
   * that are due.
   */
  readonly surveyProvider: (input: { readonly provider: string }) => Promise<SweepPlan>;
  /**
   * Checks again that the instance has no owner, and only then terminates it. `asked`: not gone yet; the next sweep
   * checks again.
   */
  readonly endStray: (input: {
    readonly handle: InstanceHandle;
    readonly reason: StrayReason;
  }) => Promise<{ readonly outcome: 'gone' | 'asked' | 'refused' | 'owned' }>;
};

export type SweepRecordInput = {
  readonly provider: string;
  readonly startedAt: string;
  readonly result: { readonly plan: SweepPlan; readonly outcome: SweepOutcome } | { readonly error: string };
};

/** Steps of the reconciler that work on rows and workflows. */
export type RepairActivities = {
  /**
   * Settles an attempt that cannot continue, by its completion marker. False if it has an owner again, or still has an
   * instance.
   */
  readonly settleAbandoned: (input: { readonly attemptId: string }) => Promise<{ readonly settled: boolean }>;
  /**
   * Restarts the workflow of an open job; the workflow takes over running attempts. False if the job has an open
   * workflow, or has ended.
   */
  readonly restartJob: (input: { readonly jobId: string }) => Promise<{ readonly restarted: boolean }>;
  readonly recordSweep: (input: SweepRecordInput) => Promise<void>;
};
