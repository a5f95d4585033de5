import {
  isTerminalJobState,
  type AttemptEndingKind,
  type AttemptState,
  type DatasetView,
  type JobState,
  type JobView,
  type ModelStage,
  type SituationKind,
  type StrayReason,
} from '@artenic/core';
import type { IconName } from '../components/icon.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'accent' | 'muted';
/** A status has an icon, a word and a colour, never a colour alone. */
export type Status = {
  readonly label: string;
  readonly icon: IconName;
  readonly tone: Tone;
  /** Work is in progress: the dot pulses. */
  readonly isBusy?: boolean;
};

export const jobStatus: Readonly<Record<JobState, Status>> = {
  queued: { label: 'Queued', icon: 'clock', tone: 'muted' },
  preparing: { label: 'Preparing', icon: 'gear', tone: 'info', isBusy: true },
  waiting: { label: 'Waiting', icon: 'hourglass', tone: 'warn' },
  provisioning: { label: 'Provisioning', icon: 'server', tone: 'info', isBusy: true },
  setup: { label: 'Setting up', icon: 'gear', tone: 'info', isBusy: true },
  running: { label: 'Running', icon: 'play', tone: 'info', isBusy: true },
  recovering: { label: 'Recovering', icon: 'recover', tone: 'warn', isBusy: true },
  cancelling: { label: 'Cancelling', icon: 'stop', tone: 'warn', isBusy: true },
  collecting: { label: 'Collecting', icon: 'box', tone: 'info', isBusy: true },
  succeeded: { label: 'Succeeded', icon: 'check', tone: 'ok' },
  failed: { label: 'Failed', icon: 'cross', tone: 'bad' },
  cancelled: { label: 'Cancelled', icon: 'stop', tone: 'muted' },
  'timed-out': { label: 'Timed out', icon: 'clock', tone: 'bad' },
};

/** Status by the situation of a job, where its state alone would mislead. */
const situationStatus: Readonly<Partial<Record<SituationKind, Status>>> = {
  ending: { label: 'Ending', icon: 'stop', tone: 'warn', isBusy: true },
  silent: { label: 'No sign of life', icon: 'warning', tone: 'warn' },
  credentials: { label: 'Blocked', icon: 'warning', tone: 'bad' },
  provider: { label: 'Blocked', icon: 'warning', tone: 'bad' },
  held: { label: 'On hold', icon: 'pause', tone: 'warn' },
};

export function statusOfJob({ state, situation, heldAt }: Pick<JobView, 'state' | 'situation' | 'heldAt'>): Status {
  const status = jobStatus[state];
  if (situation === null || isTerminalJobState(state)) return status;
  const isBad = situation.level === 'critical';
  if (situation.kind === 'not-taken' && isBad) return { label: 'Not started', icon: 'warning', tone: 'bad' };
  const special = situationStatus[situation.kind];
  if (special !== undefined) return isBad ? { ...special, tone: 'bad', isBusy: false } : special;
  return heldAt === null ? status : { label: `${status.label}, on hold`, icon: 'pause', tone: 'warn' };
}

export const attemptStatus: Readonly<Record<AttemptState, Status>> = {
  waiting: { label: 'Waiting', icon: 'hourglass', tone: 'warn' },
  launching: { label: 'Launching', icon: 'server', tone: 'info', isBusy: true },
  starting: { label: 'Starting', icon: 'server', tone: 'info', isBusy: true },
  setup: { label: 'Setting up', icon: 'gear', tone: 'info', isBusy: true },
  running: { label: 'Running', icon: 'play', tone: 'info', isBusy: true },
  stopping: { label: 'Stopping', icon: 'stop', tone: 'warn', isBusy: true },
  ending: { label: 'Ending', icon: 'stop', tone: 'warn', isBusy: true },
  ended: { label: 'Ended', icon: 'check', tone: 'muted' },
};

export const endingStatus: Readonly<Record<AttemptEndingKind, Status>> = {
  succeeded: { label: 'Succeeded', icon: 'check', tone: 'ok' },
  failed: { label: 'Failed', icon: 'cross', tone: 'bad' },
  killed: { label: 'Killed', icon: 'cross', tone: 'bad' },
  'setup-failed': { label: 'Setup failed', icon: 'cross', tone: 'bad' },
  lost: { label: 'Lost', icon: 'recover', tone: 'warn' },
  preempted: { label: 'Preempted', icon: 'recover', tone: 'warn' },
  stockout: { label: 'No capacity', icon: 'hourglass', tone: 'warn' },
  quota: { label: 'Quota used up', icon: 'hourglass', tone: 'warn' },
  unauthorized: { label: 'Credentials refused', icon: 'warning', tone: 'bad' },
  unavailable: { label: 'Provider away', icon: 'hourglass', tone: 'warn' },
  'launch-failed': { label: 'Launch failed', icon: 'cross', tone: 'bad' },
  cancelled: { label: 'Cancelled', icon: 'stop', tone: 'muted' },
  'timed-out': { label: 'Timed out', icon: 'clock', tone: 'bad' },
};

export const stageStatus: Readonly<Record<ModelStage, Status>> = {
  draft: { label: 'Draft', icon: 'box', tone: 'info' },
  staging: { label: 'Staging', icon: 'hourglass', tone: 'warn' },
  production: { label: 'Production', icon: 'bolt', tone: 'ok' },
  retired: { label: 'Retired', icon: 'archive', tone: 'muted' },
};

export const datasetStatus: Readonly<Record<DatasetView['status'], Status>> = {
  created: { label: 'Empty', icon: 'box', tone: 'muted' },
  active: { label: 'Active', icon: 'check', tone: 'ok' },
  archived: { label: 'Archived', icon: 'archive', tone: 'muted' },
};

/** Why an instance should not exist. */
export const strayWords: Readonly<Record<StrayReason, string>> = {
  'unknown-attempt': 'Unknown attempt',
  'attempt-settled': 'Its attempt has ended',
  duplicate: 'Duplicate instance',
  abandoned: 'Abandoned attempt',
  'not-ending': 'The provider does not end it',
};
