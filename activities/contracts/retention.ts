import type { StepReport } from '../../core/retention/report.ts';

/** Runs on the control queue. */
export type CollectorActivities = {
  /** Runs a bounded round of every step. `isBusy`: another run holds the lease, and nothing was done. */
  readonly collectGarbage: (input: { readonly limit: number }) => Promise<{
    readonly isBusy: boolean;
    readonly steps: readonly StepReport[];
  }>;
};
