import type { StrayReason } from '@artenic/core';
import type { InstanceHandle } from '../providers/provider.ts';

/** What a sweep of one provider has to do. */
export type SweepPlan = {
  /** Living instances in the list, and rows that were compared. */
  readonly seen: { readonly instances: number; readonly attempts: number; readonly strays: number };
  /** Attempts of which the list has just proved that nothing is left. */
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

/** Steps of the reconciler on the queue of its provider. */
export type SweepActivities = {
  /** Reads the provider's list, then the rows, then Temporal, compares them, writes down what should not be there, and returns what is due. */
  readonly surveyProvider: (input: { readonly provider: string }) => Promise<SweepPlan>;
  /** Looks again whether nobody owns it, and only then terminates it. `asked`: not gone yet; the next sweep looks again. */
  readonly endStray: (input: {
    readonly handle: InstanceHandle;
    readonly reason: StrayReason;
  }) => Promise<{ readonly outcome: 'gone' | 'asked' | 'refused' | 'owned' }>;
};

/** Steps of the reconciler on rows and workflows. */
export type RepairActivities = {
  /** Gives an attempt without a future its ending, by its completion marker. False when it has found an owner meanwhile, or still an instance. */
  readonly settleAbandoned: (input: { readonly attemptId: string }) => Promise<{ readonly settled: boolean }>;
  /** Starts the workflow of an open job again, which takes over what runs. False when there is one, or the job has ended. */
  readonly restartJob: (input: { readonly jobId: string }) => Promise<{ readonly restarted: boolean }>;
  readonly recordSweep: (input: {
    readonly provider: string;
    readonly startedAt: string;
    readonly result: { readonly plan: SweepPlan; readonly outcome: SweepOutcome } | { readonly error: string };
  }) => Promise<void>;
};
