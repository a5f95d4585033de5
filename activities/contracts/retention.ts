import type { StepReport } from '../../core/retention/report.ts';

/** On the control queue. */
export type CollectorActivities = {
  /** One bounded round of every step. `isBusy`: another run is at work, and nothing was done. */
  readonly collectGarbage: (input: { readonly limit: number }) => Promise<{
    readonly isBusy: boolean;
    readonly steps: readonly StepReport[];
  }>;
};
