import type { AttemptEnding, AttemptEndingKind, RunnerStopReason } from '@artenic/core';
import { jobEndOf, type JobEnd } from './endings.ts';

type StopRule = {
  /**
   * The reason that the runner sees and reports: in the answer to its heartbeat, in its last event and in its
   * completion marker.
   */
  readonly runnerReason: RunnerStopReason;
  /** Ending of the attempt, unless it had succeeded before. The job's state follows from it (`endingRules`). */
  readonly ending: AttemptEndingKind;
  readonly message: string;
  /**
   * Whether the command gets its graces and the runner delivers checkpoints, outputs and logs. False: nothing that the
   * attempt leaves is wanted.
   */
  readonly isGraceful: boolean;
};

/** Reasons for which the platform stops an attempt, one row per reason, with all differences between them. */
export const stopRules = {
  /** A person cancelled the job. */
  cancelled: {
    runnerReason: 'stop-requested',
    ending: 'cancelled',
    message: 'Cancelled on request.',
    isGraceful: true,
  },
  /** A person cancelled the job and gave up the work since its last checkpoint. */
  'cancelled-now': {
    runnerReason: 'stop-requested',
    ending: 'cancelled',
    message: 'Cancelled on request, without the grace for a last checkpoint.',
    isGraceful: false,
  },
  /** The job has run for its `maxHours`. The runner also stops by itself at that time. */
  'max-hours': {
    runnerReason: 'max-hours',
    ending: 'timed-out',
    message: '`maxHours` ran out before the command was done.',
    isGraceful: true,
  },
  /** The attempt is a replacement, and its predecessor has ended the job by itself. */
  'not-needed': {
    runnerReason: 'stop-requested',
    ending: 'cancelled',
    message: 'The job has ended without it.',
    isGraceful: false,
  },
} as const satisfies Record<string, StopRule>;

export type StopReason = keyof typeof stopRules;
export const stopReasons = Object.keys(stopRules) as readonly StopReason[];

export function endingOfStop(reason: StopReason, exitCode: number | null): AttemptEnding {
  const { ending, message } = stopRules[reason];
  return { kind: ending, exitCode, message };
}

/** End of a job that is stopped for this reason while no attempt of it runs. */
export function jobEndOfStop(reason: StopReason): JobEnd {
  const { ending, message } = stopRules[reason];
  return jobEndOf(ending, message);
}

/** A requested stop explains every ending except success: a finished job stays finished. */
export function explainedByStop(collected: AttemptEnding, stoppedFor: StopReason | null): AttemptEnding {
  if (stoppedFor === null || collected.kind === 'succeeded') return collected;
  return endingOfStop(stoppedFor, collected.exitCode);
}

/** Stop reason for the attempt's next heartbeat answer; null: continue. A cancel without grace overrides a stop with it. */
export function wantedStop(
  { stopRequested }: { readonly stopRequested: StopReason | null },
  { cancelRequestedAt, cancelNowAt }: { readonly cancelRequestedAt: Date | null; readonly cancelNowAt: Date | null },
): StopReason | null {
  if (cancelNowAt !== null) return 'cancelled-now';
  return stopRequested ?? (cancelRequestedAt === null ? null : 'cancelled');
}

/**
 * Whether a runner stopped without finishing the job's work, so that another attempt may continue from the checkpoint.
 * `reason` is the runner's, from the completion marker or its last event.
 */
export function leavesWorkUndone(reason: string): boolean {
  const undone: RunnerStopReason = 'stop-requested';
  return reason === undone;
}
