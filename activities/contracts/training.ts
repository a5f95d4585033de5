import type { AttemptEnding, TerminalJobState } from '@artenic/core';
import type { Decided, Offer } from '../../core/failover/types.ts';
import type { InstanceEvidence } from '../../core/instance-evidence.ts';
import type { DeliveryState } from '../../core/jobs/delivery.ts';
import type { LaunchError } from '../../core/jobs/judge.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { InstanceHandle } from '../providers/provider.ts';

export type PreparedJob =
  | { readonly kind: 'ready'; readonly title: string; readonly provider: string; readonly nextDecision: number }
  /** The row is terminal already: nothing is done again. */
  | {
      readonly kind: 'settled';
      readonly state: TerminalJobState;
      readonly message: string;
      readonly model: { readonly name: string; readonly version: number } | null;
    };

/** What an attempt without an instance does next. */
export type NextLaunch =
  | { readonly kind: 'launch'; readonly launch: number; readonly offer: Offer; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  /** It ends by its last refusal: what comes then is for the failover to decide. */
  | { readonly kind: 'end'; readonly error: LaunchError };

export type NextLaunchInput = {
  readonly attemptId: string;
  /** The launch that was the last. */
  readonly launch: number;
  /** What ended it; null after a wait. */
  readonly refusal: LaunchError | null;
};

export type LaunchInput = { readonly attemptId: string; readonly offer: Offer; readonly launch: number };

export type LaunchResult =
  /** `offer`: another one than was asked for, as that one was refused. */
  | { readonly kind: 'launched'; readonly handle: InstanceHandle; readonly offer?: Offer }
  /** `launch`: the last one that was refused. */
  | { readonly kind: 'next'; readonly launch: number; readonly next: NextLaunch };

/** `sinceMs`: when the graces of its command ended, in milliseconds since 1970. */
export type DeliveryInput = { readonly attemptId: string; readonly sinceMs: number };

export type ControlActivities = {
  /** Checks that everything the job names is there; idempotent. Bad input ends as a `validation-failed` failure. */
  readonly prepareJob: (input: { readonly jobId: string }) => Promise<PreparedJob>;
  /** Reads attempts and offers, asks the policy, stores the decision under its number and returns it; the same number returns the stored one, as repeated. */
  readonly decideNext: (input: {
    readonly jobId: string;
    readonly decision: number;
    /** Numbers of the attempts whose workflows the asking run watches. */
    readonly watched: readonly number[];
  }) => Promise<Decided>;
  /** Makes the attempt row, queues for capacity, and moves the fence to it; beside a warned attempt its runner's hello does that. */
  readonly openAttempt: (input: {
    readonly jobId: string;
    readonly attempt: number;
    readonly offer: Offer;
    readonly reason: string;
  }) => Promise<
    | {
        readonly kind: 'granted' | 'waiting';
        /** Its present launch, when that is not the first one. */
        readonly current?: { readonly launch: number; readonly offer: Offer };
      }
    | { readonly kind: 'ended'; readonly ending: AttemptEnding }
  >;
  /** Notes why the launch was refused, and says what comes next: another offer, a wait, or the attempt's end. */
  readonly nextLaunch: (input: NextLaunchInput) => Promise<NextLaunch>;
  /** Backstop of the grant signal: throws `not-ready` (retried by the server) until the capacity is granted. */
  readonly awaitCapacity: (input: { readonly attemptId: string }) => Promise<void>;
  /** Asks the runner, by its next heartbeat, to stop: stop file, grace, SIGTERM, grace, SIGKILL. */
  readonly requestStop: (input: {
    readonly attemptId: string;
    readonly reason: StopReason;
  }) => Promise<{ readonly graceMs: number }>;
  /** Warns an attempt as a provider does: its runner leaves a checkpoint and stops, and another attempt takes its place. */
  readonly warnAttempt: (input: { readonly attemptId: string }) => Promise<void>;
  /**
   * Throws `not-ready` (retried by the server) while the last files of a stopped attempt are on their way and move; else says
   * what has become of them.
   */
  readonly awaitDelivery: (input: DeliveryInput) => Promise<Exclude<DeliveryState, 'under-way'>>;
  /** Reads the completion marker and the evidence and says how the attempt ended. Writes nothing final. */
  readonly collectAttempt: (input: {
    readonly attemptId: string;
    readonly evidence: InstanceEvidence | null;
    readonly launchError: LaunchError | null;
  }) => Promise<AttemptEnding>;
  /** Writes the ending, frees the capacity, wakes the next in the queue. The first ending stays. */
  readonly settleAttempt: (input: {
    readonly attemptId: string;
    readonly ending: AttemptEnding;
  }) => Promise<AttemptEnding>;
  /** Whether somebody asked for the job's end, or the job has ended; with an attempt also whether that one is needed no more. */
  readonly readCancelIntent: (input: {
    readonly jobId: string;
    readonly attemptId?: string;
  }) => Promise<{ readonly requested: boolean; readonly isNeedless?: true }>;
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
  /** From now on the workflow that calls is told of the job's end by `jobEnded`, also when it has come already. */
  readonly watchJob: (input: { readonly jobId: string }) => Promise<void>;
  /** Throws `not-ready` until the workflow with this id is closed: used when a child with our id is already there. */
  readonly awaitWorkflowClosed: (input: { readonly workflowId: string }) => Promise<void>;
};

export type ProviderActivities = {
  /**
   * Makes the instance (idempotent by attempt and launch) and records its handle. A refusal after which surely nothing exists
   * is noted, and the next offers of this provider are tried; any other provider error arrives as a failure with its type.
   */
  readonly tryLaunch: (input: LaunchInput) => Promise<LaunchResult>;
  /** As workflows of earlier releases launch: each refusal ends the attempt. */
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
