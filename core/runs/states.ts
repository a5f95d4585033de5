import type { JobState, RunState } from '@artenic/core';

/** Allowed changes of a run's status. Staying in a status is no change. */
const runTransitions: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'succeeded', 'failed', 'cancelled'],
  running: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export function mayRunBecome(from: RunState, to: RunState): boolean {
  return runTransitions[from].includes(to);
}

export const hasRunEnded = (state: RunState): boolean => runTransitions[state].length === 0;

/** A run that has begun stays `running` when its job waits for another machine. */
const runStateOfJob: Readonly<Record<JobState, RunState>> = {
  ...{ queued: 'queued', preparing: 'queued', waiting: 'queued', provisioning: 'queued', setup: 'running' },
  ...{ running: 'running', recovering: 'running', cancelling: 'running', collecting: 'running' },
  ...{ succeeded: 'succeeded', failed: 'failed', cancelled: 'cancelled', 'timed-out': 'failed' },
};

/** The status of a job's run after the job has come to a state; the present one when nothing follows from it. */
export function followJob(present: RunState, job: JobState): RunState {
  const next = runStateOfJob[job];
  return mayRunBecome(present, next) ? next : present;
}

export const firstRunState = (job: JobState): RunState => runStateOfJob[job];
