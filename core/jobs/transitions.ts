import type { JobState } from '@artenic/core';

/** Allowed transitions of a job from each state. Staying in a state is no transition. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['preparing', 'cancelling', 'cancelled', 'failed'],
  preparing: ['waiting', 'provisioning', 'recovering', 'cancelling', 'cancelled', 'failed'],
  waiting: ['provisioning', 'cancelling', 'cancelled', 'failed', 'recovering'],
  provisioning: [
    'setup',
    'running',
    'collecting',
    'recovering',
    'waiting',
    'cancelling',
    'cancelled',
    'failed',
    'timed-out',
    'succeeded',
  ],
  setup: ['running', 'collecting', 'recovering', 'cancelling', 'cancelled', 'failed', 'timed-out', 'succeeded'],
  running: ['collecting', 'recovering', 'cancelling', 'cancelled', 'failed', 'timed-out', 'succeeded'],
  recovering: [
    'waiting',
    'provisioning',
    'setup',
    'running',
    'collecting',
    'cancelling',
    'cancelled',
    'failed',
    'timed-out',
    'succeeded',
  ],
  /** A job that finishes while its cancel is under way counts as finished: paid work is not thrown away. */
  cancelling: ['collecting', 'cancelled', 'failed', 'timed-out', 'succeeded'],
  collecting: ['succeeded', 'failed', 'cancelled', 'timed-out'],
  succeeded: [],
  failed: [],
  cancelled: [],
  'timed-out': [],
};

export function mayTransition(from: JobState, to: JobState): boolean {
  return jobTransitions[from].includes(to);
}
