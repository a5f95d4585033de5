import { defineSignal } from '@temporalio/workflow';
import type { RunnerEvent, TerminalJobState } from '@artenic/core';
import type { Offer } from '../../core/failover/types.ts';
import type { JobEnded } from '../../core/jobs/ended.ts';
import type { AttemptEnding } from '@artenic/core';

export const trainingJobWorkflowId = (jobId: string): string => `training-job/${jobId}`;

export const failoverWorkflowId = (jobId: string): string => `${jobId}/failover`;

/** Same as the attempt id, which is also the name of its instance. */
export const attemptWorkflowId = (jobId: string, attempt: number): string => `${jobId}/attempt-${attempt}`;

export type TrainingJobInput = {
  readonly jobId: string;
  /** Set when the workflow is started again for a job whose workflow was lost: it takes over running attempts. */
  readonly adopt: boolean;
};

export type TrainingJobResult = {
  readonly state: TerminalJobState;
  readonly message: string;
  readonly model: { readonly name: string; readonly version: number } | null;
};

export type FailoverInput = {
  readonly jobId: string;
  readonly title: string;
  /** Number of the first decision of this run; carried over continue-as-new. */
  readonly decision: number;
  /** Test only: continue as new after this many decisions. */
  readonly continueAfterDecisions: number | null;
  /** Test only: `mostWaits` of each attempt. */
  readonly mostWaits?: number;
};

export type FailoverResult =
  | {
      readonly kind: 'finished';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    }
  /** The workflow was cancelled, but the job was not: its parent was terminated or reset. The instance still runs. */
  | { readonly kind: 'detached' };

export type AttemptInput = {
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly title: string;
  /** The attempt may already have its instance: this workflow replaces one that was cut off. */
  readonly takeOver?: true;
  /** Nothing of the attempt runs, and its last launch was refused: it continues with the choice of the next launch. */
  readonly isWaiting?: true;
  /** Test only: continue as new after this many waits. */
  readonly mostWaits?: number;
};

export type AttemptResult = { readonly kind: 'ended'; readonly ending: AttemptEnding } | { readonly kind: 'detached' };

/** Sent by the runner through the API, which removes duplicates by `id`. */
export const runnerEventSignal =
  defineSignal<[RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string }]>('runnerEvent');

/** The capacity queue has granted this attempt its place. */
export const capacityGrantedSignal = defineSignal('capacityGranted');

/** Sent at least once to a workflow that has called `watchJob`. */
export const jobEndedSignal = defineSignal<[JobEnded]>('jobEnded');

/** Sent to an attempt that stops: the rest of its grace, and its last files, are given up. */
export const endNowSignal = defineSignal('endNow');

/**
 * Sent to the failover workflow, and to an attempt between two launches: the state that it waits on may have changed,
 * so it checks at once.
 */
export const wakeUpSignal = defineSignal('wakeUp');
