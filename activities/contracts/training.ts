import type { AttemptEnding, TerminalJobState } from '@artenic/core';
import type { Decided, Offer } from '../../core/failover/types.ts';
import type { InstanceEvidence } from '../../core/instance-evidence.ts';
import type { DeliveryState } from '../../core/jobs/delivery.ts';
import type { LaunchError } from '../../core/jobs/judge.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { InstanceHandle } from '../providers/provider.ts';

export type PreparedJob =
  | {
      readonly kind: 'ready';
      readonly title: string;
      readonly provider: string;
      readonly nextDecision: number;
      /** The job declares outputs that become versions of datasets. */
      readonly writesDatasets?: true;
    }
  /** The row is already terminal: nothing is repeated. */
  | {
      readonly kind: 'settled';
      readonly state: TerminalJobState;
      readonly message: string;
      readonly model: { readonly name: string; readonly version: number } | null;
    };

/** Next step of an attempt that has no instance. */
export type NextLaunch =
  | { readonly kind: 'launch'; readonly launch: number; readonly offer: Offer; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: string }
  /** The attempt ends with its last refusal, and the failover decides on the next step. */
  | { readonly kind: 'end'; readonly error: LaunchError };

export type NextLaunchInput = {
  readonly attemptId: string;
  /** Number of the last launch. */
  readonly launch: number;
  /** Error that ended the launch; null after a wait. */
  readonly refusal: LaunchError | null;
};

export type LaunchInput = { readonly attemptId: string; readonly offer: Offer; readonly launch: number };

export type LaunchResult =
  /** `offer`: set if another offer was launched than requested, because the requested one was refused. */
  | { readonly kind: 'launched'; readonly handle: InstanceHandle; readonly offer?: Offer }
  /** `launch`: the last refused launch. */
  | { readonly kind: 'next'; readonly launch: number; readonly next: NextLaunch };

/** `sinceMs`: when the graces of the attempt's command ended, in milliseconds since 1970. */
export type DeliveryInput = { readonly attemptId: string; readonly sinceMs: number };

export type DecisionInput = {
  readonly jobId: string;
  readonly decision: number;
  /** Numbers of the attempts whose workflows the calling run watches. */
  readonly watched: readonly number[];
};

export type CancelIntentInput = {
  readonly jobId: string;
  readonly attemptId?: string;
};

export type OpenAttemptInput = {
  readonly jobId: string;
  readonly attempt: number;
  readonly offer: Offer;
  readonly reason: string;
};

export type CollectionInput = {
  readonly attemptId: string;
  readonly evidence: InstanceEvidence | null;
  readonly launchError: LaunchError | null;
};

export type ControlActivities = {
  /** Checks that everything the job names exists; idempotent. Invalid input ends as a `validation-failed` failure. */
  readonly prepareJob: (input: { readonly jobId: string }) => Promise<PreparedJob>;
  /**
   * Reads attempts and offers, asks the policy, stores the decision under its number and returns it; the same number
   * again returns the stored decision, marked as repeated.
   */
  readonly decideNext: (input: DecisionInput) => Promise<Decided>;
  /**
   * Creates the attempt's row, queues its claim, and moves the fence to it; beside a warned attempt the hello of its
   * runner moves the fence.
   */
  readonly openAttempt: (input: OpenAttemptInput) => Promise<
    | {
        readonly kind: 'granted' | 'waiting';
        /** The current launch, if it is not the first one. */
        readonly current?: { readonly launch: number; readonly offer: Offer };
      }
    | { readonly kind: 'ended'; readonly ending: AttemptEnding }
  >;
  /** Stores why the launch was refused, and returns the next step: another offer, a wait, or the attempt's end. */
  readonly nextLaunch: (input: NextLaunchInput) => Promise<NextLaunch>;
  /** Backstop of the grant signal: throws `not-ready` (retried by the server) until the capacity is granted. */
  readonly awaitCapacity: (input: { readonly attemptId: string }) => Promise<void>;
  /** Asks the runner with its next heartbeat to stop: stop file, grace, SIGTERM, grace, SIGKILL. */
  readonly requestStop: (input: {
    readonly attemptId: string;
    readonly reason: StopReason;
  }) => Promise<{ readonly graceMs: number }>;
  /**
   * Warns an attempt like a provider does: its runner leaves a checkpoint and stops, and another attempt takes its
   * place.
   */
  readonly warnAttempt: (input: { readonly attemptId: string }) => Promise<void>;
  /**
   * Throws `not-ready` (retried by the server) while the delivery of a stopped attempt makes progress; otherwise
   * returns the delivery's state.
   */
  readonly awaitDelivery: (input: DeliveryInput) => Promise<Exclude<DeliveryState, 'under-way'>>;
  /** Reads the completion marker and the evidence and returns the attempt's ending. Writes nothing final. */
  readonly collectAttempt: (input: CollectionInput) => Promise<AttemptEnding>;
  /** Stores the ending, frees the capacity and wakes the next attempts in the queue. The first ending stays. */
  readonly settleAttempt: (input: {
    readonly attemptId: string;
    readonly ending: AttemptEnding;
  }) => Promise<AttemptEnding>;
  /**
   * Whether the end of the job was requested, or the job has ended, and whether without a grace; for an attempt also
   * whether it is no longer needed.
   */
  readonly readCancelIntent: (
    input: CancelIntentInput,
  ) => Promise<{ readonly requested: boolean; readonly isNeedless?: true; readonly isNow?: true }>;
  /** Turns a cancel of the workflow itself (by Temporal's CLI or Web UI) into the job's cancel. */
  readonly recordCancelIntent: (input: { readonly jobId: string; readonly by: string }) => Promise<void>;
  /** Registers the model of a successful attempt once; null when the job made no model and declared none. */
  readonly registerModel: (input: {
    readonly jobId: string;
    readonly attempt: number;
  }) => Promise<{ readonly name: string; readonly version: number } | null>;
  /** Makes declared output folders of a successful attempt versions of datasets, each once. */
  readonly commitOutputs: (input: {
    readonly jobId: string;
    readonly attempt: number;
  }) => Promise<readonly { readonly dataset: string; readonly version: number }[]>;
  /** Stores the job's final state; idempotent, the first terminal state stays. */
  readonly settleJob: (input: {
    readonly jobId: string;
    readonly state: TerminalJobState;
    readonly message: string;
    readonly model: { readonly name: string; readonly version: number } | null;
  }) => Promise<{ readonly state: TerminalJobState; readonly message: string }>;
  /** Sends the job's end as `jobEnded` to the calling workflow, even if the job has already ended. */
  readonly watchJob: (input: { readonly jobId: string }) => Promise<void>;
  /**
   * Throws `not-ready` until the workflow with this id is closed: used when a child with the same id already exists.
   */
  readonly awaitWorkflowClosed: (input: { readonly workflowId: string }) => Promise<void>;
};

export type TerminationInput = {
  readonly attemptId: string;
  readonly provider: string;
  readonly handle: InstanceHandle | null;
};

export type ProviderActivities = {
  /**
   * Creates the instance (idempotent by attempt and launch) and stores its handle. A refusal that surely created
   * nothing is stored, and the next offers of this provider are tried; any other provider error becomes a failure with
   * its type.
   */
  readonly tryLaunch: (input: LaunchInput) => Promise<LaunchResult>;
  /** Launch of workflows of earlier releases: each refusal ends the attempt. */
  readonly launchInstance: (input: { readonly attemptId: string; readonly offer: Offer }) => Promise<InstanceHandle>;
  /** Throws `not-ready` while the instance lives; the server retries it. */
  readonly watchInstance: (input: { readonly handle: InstanceHandle }) => Promise<InstanceEvidence>;
  /**
   * Terminates and returns only when the provider reports `gone`; throws `not-ready` until then. A null `handle` is
   * looked up by attempt id.
   */
  readonly terminateInstance: (input: TerminationInput) => Promise<void>;
};
