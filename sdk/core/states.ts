/** States of a job. The last four are terminal: they never change again. */
export const jobStates = [
  'queued',
  'preparing',
  'waiting',
  'provisioning',
  'setup',
  'running',
  'recovering',
  'cancelling',
  'collecting',
  'succeeded',
  'failed',
  'cancelled',
  'timed-out',
] as const;
export type JobState = (typeof jobStates)[number];

export const terminalJobStates = ['succeeded', 'failed', 'cancelled', 'timed-out'] as const;
export type TerminalJobState = (typeof terminalJobStates)[number];

export function isTerminalJobState(state: JobState): state is TerminalJobState {
  return (terminalJobStates as readonly string[]).includes(state);
}

/**
 * States of one attempt (one instance). `ending`: the platform has asked the provider to end the instance, and it still
 * exists. `ended` is terminal and comes with an `AttemptEnding`.
 */
export const attemptStates = [
  ...(['waiting', 'launching', 'starting', 'setup', 'running', 'stopping', 'ending', 'ended'] as const),
] as const;
export type AttemptState = (typeof attemptStates)[number];

/**
 * Why an attempt ended.
 * - `succeeded`: the command exited 0.
 * - `failed`: the command exited with another code.
 * - `killed`: a signal from outside the platform ended the command (including the kernel's out-of-memory killer).
 * - `setup-failed`: the setup phase exited non-zero.
 * - `lost`: the runner or its instance disappeared without a completion marker.
 * - `preempted`: the provider took the instance back, by its own evidence.
 * - `stockout`: the provider had no capacity for the offer.
 * - `quota`: the account's quota at the provider is used up.
 * - `unauthorized`: the provider refused the account's credentials.
 * - `unavailable`: the provider did not answer, even after all retries.
 * - `launch-failed`: the provider refused the launch for another reason.
 * - `cancelled`: a user or a client cancelled the job.
 * - `timed-out`: `maxHours` ran out.
 */
export const attemptEndingKinds = [
  'succeeded',
  'failed',
  'killed',
  'setup-failed',
  'lost',
  'preempted',
  'stockout',
  'quota',
  'unauthorized',
  'unavailable',
  'launch-failed',
  'cancelled',
  'timed-out',
] as const;
export type AttemptEndingKind = (typeof attemptEndingKinds)[number];

export const preemptionEvidenceClasses = ['notice', 'provider-record', 'disappeared'] as const;
export type PreemptionEvidenceClass = (typeof preemptionEvidenceClasses)[number];

/**
 * Adds the evidence for ending a machine without a sign of life: after a hello (`fell-silent`) or without one
 * (`never-spoke`).
 */
export const endingEvidenceClasses = [...preemptionEvidenceClasses, 'fell-silent', 'never-spoke'] as const;
export type EndingEvidenceClass = (typeof endingEvidenceClasses)[number];

export type AttemptEnding = {
  readonly kind: AttemptEndingKind;
  /** Exit code of the command or of the setup, when there is one. */
  readonly exitCode: number | null;
  /** The signal that ended the command; absent for any other end. */
  readonly signal?: string;
  /** One sentence that a user can act on. */
  readonly message: string;
  /**
   * Evidence that the machine was taken: a notice before (`notice`), the provider's record after (`provider-record`),
   * or only its disappearance without a recorded reason (`disappeared`). Or the machine existed but gave no sign of
   * life: since its hello (`fell-silent`), or ever (`never-spoke`).
   */
  readonly evidence?: EndingEvidenceClass;
};

/** Stages of a model version, in their usual order. At most one version of a model is in `production`. */
export const modelStages = ['draft', 'staging', 'production', 'retired'] as const;
export type ModelStage = (typeof modelStages)[number];
