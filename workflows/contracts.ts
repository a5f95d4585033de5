/** What workflows, workers and the API must agree on. Imports nothing but types and pure functions, so that every side may import it. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineSignal } from '@temporalio/workflow';
import type { RunnerEvent, TerminalJobState } from '@artenic/core';
import type { Offer } from '../core/failover/types.ts';
import type { JobEnded } from '../core/jobs/ended.ts';
import { localMachineOf, type InstanceRef } from '../core/instance-ref.ts';
import type { AttemptEnding } from '@artenic/core';

// ---- task queues, by resource ----
export const controlQueue = 'control';
/** Two for each provider, with slots and rates of their own: a crowd of launches never delays the end of a machine. */
export const launchQueue = (provider: string): string => `${provider}/launch`;
export const lifecycleQueue = (provider: string): string => `${provider}/lifecycle`;
/** The one queue of a provider in earlier releases: steps that wait in it are still taken. */
export const earlierQueue = (provider: string): string => (provider === 'local' ? provider : `provider-${provider}`);

/** What is done with an instance that only its own machine sees is done there. Those of earlier releases name no machine. */
export function instanceQueue(provider: string, handle: InstanceRef | null): string {
  return (handle === null ? null : localMachineOf(handle.region)) ?? lifecycleQueue(provider);
}

/** A step that a worker took with it into its death is given to another one after this; Temporal's own is 10 s. */
export const workflowTaskTimeout = '5s';

// ---- ids: business identities, made here only ----
export const trainingJobWorkflowId = (jobId: string): string => `training-job/${jobId}`;
export const failoverWorkflowId = (jobId: string): string => `${jobId}/failover`;
/** Same as the attempt id, which is also the name of its instance. */
export const attemptWorkflowId = (jobId: string, attempt: number): string => `${jobId}/attempt-${attempt}`;

/** Of the schedule; Temporal appends the time to the id of each sweep's workflow. */
export const reconcileScheduleId = (provider: string): string => `reconcile/${provider}`;
export const checkScheduleId = (provider: string): string => `check/${provider}`;
export const catalogScheduleId = (provider: string): string => `catalog/${provider}`;

export const collectorScheduleId = 'collector';

// ---- inputs and results ----
/** Of what is done with one provider as a whole. */
export type ProviderInput = { readonly provider: string };
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

// ---- signals ----
/** From the runner, through the API. De-duplicated by `id` before it is sent. */
export const runnerEventSignal =
  defineSignal<[RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string }]>('runnerEvent');
/** The capacity queue has given this attempt its place. */
export const capacityGrantedSignal = defineSignal('capacityGranted');

/** To a workflow that has asked for it by `watchJob`, at least once. */
export const jobEndedSignal = defineSignal<[JobEnded]>('jobEnded');

/** To the failover workflow, and to an attempt between two launches: what it waits for may have changed. It looks again at once. */
export const wakeUpSignal = defineSignal('wakeUp');

// ---- search attributes: at most ten Keywords on SQL visibility ----
export const searchAttributes = {
  kind: defineSearchAttributeKey('Kind', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  service: defineSearchAttributeKey('Service', 'KEYWORD'),
  provider: defineSearchAttributeKey('Provider', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  attempt: defineSearchAttributeKey('Attempt', 'INT'),
} as const;
