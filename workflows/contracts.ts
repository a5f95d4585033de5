/** What workflows, workers and the API must agree on. Imports types only, so that every side may import it. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineSignal } from '@temporalio/workflow';
import type { RunnerEvent, TerminalJobState } from '@artenic/core';
import type { Offer } from '../core/failover/types.ts';
import type { AttemptEnding } from '@artenic/core';

// ---- task queues, by resource ----
export const controlQueue = 'control';
/** The machine itself has its own queue, so that only workers on it take its work. */
export function providerQueue(provider: string): string {
  return provider === 'local' ? 'local' : `provider-${provider}`;
}

// ---- ids: business identities, made here only ----
export const trainingJobWorkflowId = (jobId: string): string => `training-job/${jobId}`;
export const failoverWorkflowId = (jobId: string): string => `${jobId}/failover`;
/** Same as the attempt id, which is also the provider's client token. */
export const attemptWorkflowId = (jobId: string, attempt: number): string => `${jobId}/attempt-${attempt}`;

// ---- inputs and results ----
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
};
export type FailoverResult =
  | {
      readonly kind: 'finished';
      readonly state: TerminalJobState;
      readonly attempt: number | null;
      readonly reason: string;
    }
  /** Cancelled from outside although nobody asked for the job's end: its parent was terminated or reset. Nothing was stopped. */
  | { readonly kind: 'detached' };

export type AttemptInput = {
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
  readonly title: string;
  /** The attempt may have its instance already: started again after its workflow was cut off. */
  readonly takeOver?: true;
};
export type AttemptResult = { readonly kind: 'ended'; readonly ending: AttemptEnding } | { readonly kind: 'detached' };

// ---- signals ----
/** From the runner, through the API. De-duplicated by `id` before it is sent. */
export const runnerEventSignal =
  defineSignal<[RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string }]>('runnerEvent');
/** The capacity queue has given this attempt its place. */
export const capacityGrantedSignal = defineSignal('capacityGranted');

// ---- search attributes: at most ten Keywords on SQL visibility ----
export const searchAttributes = {
  kind: defineSearchAttributeKey('Kind', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  service: defineSearchAttributeKey('Service', 'KEYWORD'),
  provider: defineSearchAttributeKey('Provider', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  attempt: defineSearchAttributeKey('Attempt', 'INT'),
} as const;
