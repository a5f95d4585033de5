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
  /** Started again for a job whose workflow was lost: take over what runs. */
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
  /** Test only: of each attempt. */
  readonly mostWaits?: number;
};

export type FailoverResult =
  | {
      readonly kind: 'finished';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    }
  /** The workflow was cancelled, but the job was not: its parent was terminated or reset. The instance keeps running. */
  | { readonly kind: 'detached' };

export type AttemptInput = {
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly title: string;
  /** The attempt may have its instance already: started again after its workflow was cut off. */
  readonly takeOver?: true;
  /** Nothing of it runs, and its last launch was refused: it goes on with the look for the next one. */
  readonly isWaiting?: true;
  /** Test only: continue as new after this many waits. */
  readonly mostWaits?: number;
};

export type AttemptResult = { readonly kind: 'ended'; readonly ending: AttemptEnding } | { readonly kind: 'detached' };

/** From the runner, through the API. De-duplicated by `id` before it is sent. */
export const runnerEventSignal =
  defineSignal<[RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string }]>('runnerEvent');

/** The capacity queue has given this attempt its place. */
export const capacityGrantedSignal = defineSignal('capacityGranted');

/** To a workflow that has asked for it by `watchJob`, at least once. */
export const jobEndedSignal = defineSignal<[JobEnded]>('jobEnded');

/** To the failover workflow, and to an attempt between two launches: what it waits for may have changed. It looks again at once. */
export const wakeUpSignal = defineSignal('wakeUp');
