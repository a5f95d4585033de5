import type { AttemptEndingKind, AttemptState, AttemptView, JobState, ModelStage } from '@artenic/core';
import type { Tone } from './look.ts';

export const jobTones: Readonly<Record<JobState, Tone>> = {
  queued: 'muted',
  preparing: 'info',
  waiting: 'warn',
  provisioning: 'info',
  setup: 'info',
  running: 'info',
  recovering: 'warn',
  cancelling: 'warn',
  collecting: 'info',
  succeeded: 'ok',
  failed: 'bad',
  cancelled: 'muted',
  'timed-out': 'bad',
};

const attemptTones: Readonly<Record<AttemptState, Tone>> = {
  waiting: 'warn',
  launching: 'info',
  starting: 'info',
  setup: 'info',
  running: 'info',
  stopping: 'warn',
  ending: 'warn',
  ended: 'muted',
};

const endingTones: Readonly<Record<AttemptEndingKind, Tone>> = {
  succeeded: 'ok',
  failed: 'bad',
  killed: 'bad',
  'setup-failed': 'bad',
  lost: 'warn',
  preempted: 'warn',
  stockout: 'warn',
  quota: 'warn',
  unauthorized: 'bad',
  unavailable: 'warn',
  'launch-failed': 'bad',
  cancelled: 'muted',
  'timed-out': 'bad',
};

export function attemptTone({ state, ending }: AttemptView): Tone {
  return ending === null ? attemptTones[state] : endingTones[ending.kind];
}

export const stageTones: Readonly<Record<ModelStage, Tone | null>> = {
  draft: null,
  staging: 'warn',
  production: 'ok',
  retired: 'muted',
};
