import type { StrayReason } from '@artenic/core';
import type { InstanceRef } from '../instance-ref.ts';

export type WorkflowState = 'open' | 'closed' | 'none';

/** An instance of ours that the provider's list shows as not gone. */
export type SeenInstance = {
  readonly handle: InstanceRef;
  readonly state: 'starting' | 'running' | 'stopping' | 'unknown';
  /** By the provider's clock: compared with other instances of this provider only. */
  readonly launchedAtMs: number | null;
  /** Since when sweeps see it as one that should not be there; null when they never have. */
  readonly strayedAtMs: number | null;
};

/** An attempt's row, with what Temporal says of its workflows. Times are milliseconds since 1970 by our clock. */
export type SeenAttempt = {
  readonly attemptId: string;
  readonly jobId: string;
  /** When it was settled; null while it is not. */
  readonly settledAtMs: number | null;
  /** When the last call to the provider began that may make its instance. */
  readonly launchTriedAtMs: number | null;
  /** The instance that its workflow watches; null until the launch has answered. */
  readonly instanceId: string | null;
  /** When its end was first asked for without success. */
  readonly terminateTriedAtMs: number | null;
  readonly isTerminationConfirmed: boolean;
  /** Since when sweeps find no open workflow of it; null when the last one found it open. */
  readonly unwatchedAtMs: number | null;
  readonly isSuperseded: boolean;
  readonly isJobOver: boolean;
  readonly workflow: WorkflowState;
  readonly jobWorkflow: WorkflowState;
};

export type Windows = {
  /** How long what nobody owns is left alone; longer than one call that launches. */
  readonly graceMs: number;
  /** How old the provider's list may be. */
  readonly consistencyMs: number;
};

/** The three truths side by side, read in this order: the list, the rows, the workflows. */
export type Survey = {
  readonly nowMs: number;
  /** When the list was asked for. */
  readonly listedAtMs: number;
  readonly windows: Windows;
  readonly instances: readonly SeenInstance[];
  readonly attempts: readonly SeenAttempt[];
};

export type Stray = {
  readonly handle: InstanceRef;
  readonly reason: StrayReason;
  /** Since when nobody wants it: what it costs from here on is waste. */
  readonly sinceMs: number;
  /** From when on it may be terminated by the sweep; null when its own workflow is at it. */
  readonly dueAtMs: number | null;
};

export type Verdict =
  /** As it should be, or somebody else's turn. */
  | { readonly kind: 'leave'; readonly attemptId: string; readonly why: string }
  /** It is written down, and from `dueAtMs` on terminated. */
  | { readonly kind: 'stray'; readonly stray: Stray }
  /** An attempt without a future: when its instances are proved gone it gets its ending. */
  | { readonly kind: 'settle'; readonly attemptId: string; readonly dueAtMs: number }
  /** A job that goes on, and has lost its workflow. */
  | { readonly kind: 'restart'; readonly jobId: string }
  /** Proof that nothing is left of a settled attempt's instance. */
  | { readonly kind: 'confirm'; readonly attemptId: string };
