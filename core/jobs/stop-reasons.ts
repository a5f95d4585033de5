import type { AttemptEnding, AttemptEndingKind, RunnerStopReason } from '@artenic/core';
import { jobEndOf, type JobEnd } from './endings.ts';

type StopRule = {
  /** The runner's word for the stop: in the answer to its heartbeat, in its last event and in its completion marker. */
  readonly runnerReason: RunnerStopReason;
  /** How the attempt ends, unless it had succeeded before. What the job becomes follows from it (`endingRules`). */
  readonly ending: AttemptEndingKind;
  readonly message: string;
  /**
   * Whether the command gets its graces and the runner delivers checkpoints, outputs and logs. False: nothing that the
   * attempt leaves is wanted.
   */
  readonly isGraceful: boolean;
};

/** Why the platform asks an attempt to stop: everything that differs between the reasons, one row a reason. */
export const stopRules = {
  /** A person has cancelled the job. */
  cancelled: {
    runnerReason: 'stop-requested',
    ending: 'cancelled',
    message: 'Cancelled on request.',
    isGraceful: true,
  },
  /** The job has run for its `maxHours`. The runner also stops by itself then. */
  'max-hours': {
    runnerReason: 'max-hours',
    ending: 'timed-out',
    message: '`maxHours` ran out before the command was done.',
    isGraceful: true,
  },
  /** A replacement, while the attempt that it was to follow has ended the job by itself. */
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

/** What becomes of a job for this reason while no attempt of it runs. */
export function jobEndOfStop(reason: StopReason): JobEnd {
  const { ending, message } = stopRules[reason];
  return jobEndOf(ending, message);
}

/** A stop that was asked for explains every ending but success: what was finished stays finished. */
export function explainedByStop(collected: AttemptEnding, stoppedFor: StopReason | null): AttemptEnding {
  if (stoppedFor === null || collected.kind === 'succeeded') return collected;
  return endingOfStop(stoppedFor, collected.exitCode);
}

/** What the attempt is asked at its next heartbeat; null: to go on. */
export function wantedStop(
  { stopRequested }: { readonly stopRequested: StopReason | null },
  { cancelRequestedAt }: { readonly cancelRequestedAt: Date | null },
): StopReason | null {
  return stopRequested ?? (cancelRequestedAt === null ? null : 'cancelled');
}

/**
 * Whether a runner's last reason leaves the job's work undone: by a stop that says nothing of the job, after which another
 * attempt may go on from the checkpoint. `reason` is the runner's word, of the completion marker or of its last event.
 */
export function leavesWorkUndone(reason: string): boolean {
  const undone: RunnerStopReason = 'stop-requested';
  return reason === undone;
}
