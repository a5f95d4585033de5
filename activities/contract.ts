/** Signatures of every activity. Workflows import these types and nothing else from here. */
import type { AttemptEnding, TerminalJobState } from '@artenic/core';
import type { FailoverAction, Offer } from '../core/failover/types.ts';
import type { InstanceHandle } from './providers/provider.ts';

export type PreparedJob =
  | { readonly kind: 'ready'; readonly title: string; readonly provider: string; readonly nextDecision: number }
  /** The row is terminal already: nothing is done again. */
  | {
      readonly kind: 'settled';
      readonly state: TerminalJobState;
      readonly message: string;
      readonly model: { readonly name: string; readonly version: number } | null;
    };

/** How the instance ended, as the provider says. */
export type InstanceEvidence = {
  readonly endedBy: 'preemption' | 'request' | 'itself' | 'unknown';
  readonly endedAt: string | null;
  /** Last line of the instance's console, when it ended by itself: why its runner failed. */
  readonly lastLine?: string;
};

export type ControlActivities = {
  /** Checks that everything the job names is there; idempotent. Bad input ends as a `validation-failed` failure. */
  readonly prepareJob: (input: { readonly jobId: string }) => Promise<PreparedJob>;
  /** Reads attempts and offers, asks the policy, stores the decision under its number and returns it; the same number returns the stored one. */
  readonly decideNext: (input: { readonly jobId: string; readonly decision: number }) => Promise<FailoverAction>;
  /** Makes the attempt row, moves the fence to it, queues for capacity. */
  readonly openAttempt: (input: {
    readonly jobId: string;
    readonly attempt: number;
    readonly offer: Offer;
    readonly reason: string;
  }) => Promise<{ readonly kind: 'granted' | 'waiting' } | { readonly kind: 'ended'; readonly ending: AttemptEnding }>;
  /** Backstop of the grant signal: throws `not-ready` (retried by the server) until the capacity is granted. */
  readonly awaitCapacity: (input: { readonly attemptId: string }) => Promise<void>;
  /** Asks the runner, by its next heartbeat, to stop: stop file, grace, SIGTERM, grace, SIGKILL. */
  readonly requestStop: (input: {
    readonly attemptId: string;
    readonly reason: 'cancelled' | 'max-hours';
  }) => Promise<{ readonly graceMs: number }>;
  /** Reads the completion marker and the evidence and says how the attempt ended. Writes nothing final. */
  readonly collectAttempt: (input: {
    readonly attemptId: string;
    readonly evidence: InstanceEvidence | null;
    readonly launchError: { readonly type: string; readonly message: string } | null;
  }) => Promise<AttemptEnding>;
  /** Writes the ending, frees the capacity, wakes the next in the queue. The first ending stays. */
  readonly settleAttempt: (input: {
    readonly attemptId: string;
    readonly ending: AttemptEnding;
  }) => Promise<AttemptEnding>;
  /** Whether somebody asked for the job's end, or the job has ended. */
  readonly readCancelIntent: (input: { readonly jobId: string }) => Promise<{ readonly requested: boolean }>;
  /** A cancel that came to the workflow itself (Temporal's CLI or Web UI) becomes the job's cancel. */
  readonly recordCancelIntent: (input: { readonly jobId: string; readonly by: string }) => Promise<void>;
  /** Registers the model of a successful attempt once; null when the job made none and declared none. */
  readonly registerModel: (input: {
    readonly jobId: string;
    readonly attempt: number;
  }) => Promise<{ readonly name: string; readonly version: number } | null>;
  /** The job's last word; idempotent, the first terminal state stays. */
  readonly settleJob: (input: {
    readonly jobId: string;
    readonly state: TerminalJobState;
    readonly message: string;
    readonly model: { readonly name: string; readonly version: number } | null;
  }) => Promise<{ readonly state: TerminalJobState; readonly message: string }>;
  /** Throws `not-ready` until the workflow with this id is closed: used when a child with our id is already there. */
  readonly awaitWorkflowClosed: (input: { readonly workflowId: string }) => Promise<void>;
};

export type ProviderActivities = {
  /** Makes the instance (idempotent by attempt id) and records its handle. Provider errors arrive as failures with their type. */
  readonly launchInstance: (input: { readonly attemptId: string; readonly offer: Offer }) => Promise<InstanceHandle>;
  /** Throws `not-ready` while the instance lives; the server retries it. */
  readonly watchInstance: (input: { readonly handle: InstanceHandle }) => Promise<InstanceEvidence>;
  /** Terminates and returns only when the provider says `gone`; throws `not-ready` until then. `handle` null: looks up by attempt id. */
  readonly terminateInstance: (input: {
    readonly attemptId: string;
    readonly provider: string;
    readonly handle: InstanceHandle | null;
  }) => Promise<void>;
};
