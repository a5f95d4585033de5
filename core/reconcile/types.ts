import type { StrayReason } from '@artenic/core';
import type { InstanceRef } from '../instance-ref.ts';

export type WorkflowState = 'open' | 'closed' | 'none';

/** An instance of this platform that the provider's list shows as existing. */
export type SeenInstance = {
  readonly handle: InstanceRef;
  readonly state: 'starting' | 'running' | 'stopping' | 'unknown';
  /** By the provider's clock, so comparable only with other instances of the same provider. */
  readonly launchedAtMs: number | null;
  /** When a sweep first saw the instance as a stray; null if no sweep has. */
  readonly strayedAtMs: number | null;
  /** A person has asked for a try to end it since the last try. */
  readonly isRetryAsked?: true;
};

/** An attempt's row, with the state of its workflows in Temporal. Times are milliseconds since 1970 by our clock. */
export type SeenAttempt = {
  readonly attemptId: string;
  readonly jobId: string;
  /** When the attempt was settled; null before. */
  readonly settledAtMs: number | null;
  /** When the last provider call began that may create its instance. */
  readonly launchTriedAtMs: number | null;
  /** The instance that its workflow watches; null until the launch has answered. */
  readonly instanceId: string | null;
  /** When a terminate call for it first failed. */
  readonly terminateTriedAtMs: number | null;
  readonly isTerminationConfirmed: boolean;
  /** When a sweep first found no open workflow for it; null if the last sweep found one. */
  readonly unwatchedAtMs: number | null;
  readonly isSuperseded: boolean;
  readonly isJobOver: boolean;
  readonly workflow: WorkflowState;
  readonly jobWorkflow: WorkflowState;
};

export type Windows = {
  /** How long an unowned instance is left alone; longer than one launch call. */
  readonly graceMs: number;
  /** Greatest age of the provider's list. */
  readonly consistencyMs: number;
};

/** The three sources, read in this order: the list, the rows, the workflows. */
export type Survey = {
  readonly nowMs: number;
  /** When the list was requested. */
  readonly listedAtMs: number;
  readonly windows: Windows;
  readonly instances: readonly SeenInstance[];
  readonly attempts: readonly SeenAttempt[];
};

export type Stray = {
  readonly handle: InstanceRef;
  readonly reason: StrayReason;
  /** Since when the instance is unwanted: its cost from here on is waste. */
  readonly sinceMs: number;
  /** From this time on the sweep may terminate it; null while its own workflow does. */
  readonly dueAtMs: number | null;
};

export type Verdict =
  /** Nothing to do for the sweep: the state is right, or another part acts. */
  | { readonly kind: 'leave'; readonly attemptId: string; readonly why: string }
  /** The stray is recorded, and terminated from `dueAtMs` on. */
  | { readonly kind: 'stray'; readonly stray: Stray }
  /** An attempt that cannot continue: it gets its ending when its instances are proved gone. */
  | { readonly kind: 'settle'; readonly attemptId: string; readonly dueAtMs: number }
  /** A job that is not over and has lost its workflow. */
  | { readonly kind: 'restart'; readonly jobId: string }
  /** Proof that nothing is left of the instance of an attempt whose own workflow is still ending it. */
  | { readonly kind: 'unlisted'; readonly attemptId: string }
  /** Proof that nothing is left of a settled attempt's instance. */
  | { readonly kind: 'confirm'; readonly attemptId: string };
