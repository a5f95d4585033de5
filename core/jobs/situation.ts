import type { AttemptState, JobState, ProviderProblem, Situation, SituationKind } from '@artenic/core';
import { refusedTooLongMs } from '../doctor/machines.ts';
import { jobTransitions } from './transitions.ts';

/** A provider that cannot be used. */
export type TroubledProvider = {
  readonly name: string;
  readonly problem: ProviderProblem | null;
  readonly message: string;
  /** Milliseconds since 1970; null when unknown. */
  readonly sinceMs: number | null;
};

/** The newest attempt of a job, which has not ended. */
export type AttemptFacts = {
  readonly state: AttemptState;
  readonly provider: string;
  /** Such as `aws eu-central-1 m7i.large (spot)`. */
  readonly place: string;
  readonly instanceId: string | null;
  readonly createdAtMs: number;
  readonly launchedAtMs: number | null;
  readonly instanceSinceMs: number | null;
  readonly helloAtMs: number | null;
  readonly runningAtMs: number | null;
  readonly lastSignMs: number | null;
  readonly runnerOverAtMs: number | null;
  readonly terminateTriedAtMs: number | null;
  /** Since when the provider refuses each request to end the instance; null when it has accepted the last one. */
  readonly refusedSinceMs: number | null;
  readonly refusals: number;
  readonly refusal: string | null;
};

export type SituationFacts = {
  readonly nowMs: number;
  readonly state: JobState;
  readonly message: string;
  readonly createdAtMs: number;
  /** Since when the job is in its state; null for a job of an older release. */
  readonly stateSinceMs: number | null;
  readonly heldAtMs: number | null;
  readonly cancelRequestedAtMs: number | null;
  readonly isWorkflowStarted: boolean;
  readonly queuePosition: number | null;
  /** Providers that the job may use, all of them. */
  readonly providers: readonly string[];
  readonly troubled: readonly TroubledProvider[];
  readonly attempt: AttemptFacts | null;
  /** How long a runner may be silent before it counts as late: three heartbeats. */
  readonly lateAfterMs: number;
};

type Told = {
  readonly kind: SituationKind;
  readonly message: string;
  readonly sinceMs: number;
  readonly level?: Situation['level'];
  readonly detail?: string | null;
  readonly advice?: string | null;
};

/** A queued job that no worker has taken for this long is in trouble. */
const takenWithinMs = 15_000;

/** The platform's present work for the job in one sentence, and since when. Null when the job has ended. */
export function situationOf(facts: SituationFacts): Situation | null {
  if (jobTransitions[facts.state].length === 0) return null;
  const { kind, message, sinceMs, level = 'normal', detail = null, advice = null } = tell(facts);
  return { kind, message, detail, advice, level, since: new Date(Math.min(sinceMs, facts.nowMs)).toISOString() };
}

function tell(facts: SituationFacts): Told {
  const { state, attempt } = facts;
  const sinceMs = facts.stateSinceMs ?? facts.createdAtMs;
  if (attempt !== null && isEnding(attempt)) return ending(attempt, attempt.terminateTriedAtMs ?? sinceMs, facts.nowMs);
  if (state === 'queued') return notTaken(facts);
  if (state === 'preparing')
    return { kind: 'preparing', message: 'Validating the job and choosing a machine', sinceMs };
  if (state === 'collecting')
    return { kind: 'collecting', message: 'Collecting artifacts and registering the model', sinceMs };
  const isStopping = attempt?.state === 'stopping' || facts.cancelRequestedAtMs !== null;
  if (attempt !== null && isStopping && attempt.helloAtMs !== null) return stopping(facts, sinceMs);
  if (attempt !== null && attempt.instanceId !== null) return ofInstance(facts, attempt);
  if (facts.cancelRequestedAtMs !== null)
    return { kind: 'stopping', message: 'Cancelling the job', sinceMs: facts.cancelRequestedAtMs };
  return ofWait(facts, sinceMs);
}

function isEnding({ state, terminateTriedAtMs }: AttemptFacts): boolean {
  return state === 'ending' && terminateTriedAtMs !== null;
}

function ending(attempt: AttemptFacts, sinceMs: number, nowMs: number): Told {
  const { provider, refusedSinceMs, refusals, refusal } = attempt;
  const instance = attempt.instanceId ?? 'the instance';
  if (refusedSinceMs === null)
    return {
      kind: 'ending',
      message: `${provider} is ending ${instance}`,
      sinceMs,
      detail: 'the job continues after it',
    };
  const tries = `${refusals} ${refusals === 1 ? 'try' : 'tries'}`;
  return {
    kind: 'ending',
    message: `${provider} has refused to end ${instance}`,
    sinceMs: refusedSinceMs,
    level: nowMs - refusedSinceMs >= refusedTooLongMs ? 'critical' : 'warning',
    detail: refusal === null ? tries : `${tries}, last answer: ${refusal}`,
    advice: `Artenic retries until the instance is gone. If ${provider} keeps refusing, end ${instance} in the provider’s own console.`,
  };
}

function notTaken({ nowMs, createdAtMs, isWorkflowStarted }: SituationFacts): Told {
  const isLate = nowMs - createdAtMs >= takenWithinMs;
  const late = isLate ? ({ level: 'critical' } as const) : {};
  if (!isWorkflowStarted)
    return {
      kind: 'not-taken',
      message: isLate ? 'Temporal has not taken this job' : 'Queued',
      sinceMs: createdAtMs,
      ...late,
      advice: isLate
        ? 'The job is stored and starts as soon as Temporal and a worker are reachable: run `artenic doctor`.'
        : null,
    };
  return {
    kind: 'not-taken',
    message: isLate ? 'No worker has taken this job' : 'Queued',
    sinceMs: createdAtMs,
    ...late,
    advice: isLate ? 'Start a worker, or look at its log: run `artenic doctor`.' : null,
  };
}

function stopping({ cancelRequestedAtMs }: SituationFacts, sinceMs: number): Told {
  return {
    kind: 'stopping',
    message:
      cancelRequestedAtMs === null ? 'Stopping the attempt' : 'Cancelling: the command may save a last checkpoint',
    sinceMs: cancelRequestedAtMs ?? sinceMs,
  };
}

function ofInstance(facts: SituationFacts, attempt: AttemptFacts): Told {
  const { place, instanceId, createdAtMs, helloAtMs, runningAtMs, lastSignMs } = attempt;
  const instanceSinceMs = attempt.instanceSinceMs ?? attempt.launchedAtMs ?? createdAtMs;
  if (helloAtMs === null)
    return { kind: 'starting', message: `Starting ${instanceId} on ${place}`, sinceMs: instanceSinceMs };
  const silentSinceMs = Math.max(helloAtMs, lastSignMs ?? helloAtMs);
  if (attempt.runnerOverAtMs === null && facts.nowMs - silentSinceMs > facts.lateAfterMs)
    return {
      kind: 'silent',
      message: `No sign of life from ${instanceId} on ${place}`,
      sinceMs: silentSinceMs,
      level: 'warning',
      detail: 'the instance is terminated if it does not report again, and the job continues on another one',
    };
  if (runningAtMs === null)
    return { kind: 'setup', message: `Running the setup commands on ${place}`, sinceMs: helloAtMs };
  return { kind: 'training', message: `Training on ${place}`, sinceMs: runningAtMs };
}

function ofWait(facts: SituationFacts, sinceMs: number): Told {
  const { attempt, heldAtMs, queuePosition, message, state } = facts;
  if (heldAtMs !== null)
    return {
      kind: 'held',
      message: 'On hold',
      sinceMs: heldAtMs,
      detail: 'no new attempts start until it is released',
      advice: 'Release the job to continue.',
    };
  const blocked = ofProviders(facts, sinceMs);
  if (blocked !== null) return blocked;
  if (queuePosition !== null)
    return { kind: 'queue', message: `#${queuePosition} in queue`, sinceMs: attempt?.createdAtMs ?? sinceMs };
  if (attempt !== null && attempt.state === 'launching' && (state === 'provisioning' || message === ''))
    return {
      kind: 'launching',
      message: `Launching on ${attempt.place}`,
      sinceMs: attempt.launchedAtMs ?? attempt.createdAtMs,
    };
  if (state === 'waiting' || message !== '')
    return {
      kind: state === 'recovering' ? 'recovering' : 'waiting',
      message: state === 'recovering' ? 'Recovering' : 'Waiting',
      sinceMs,
      detail: message === '' ? null : message,
    };
  return { kind: 'launching', message: 'Choosing a machine', sinceMs };
}

/** A wait that a person has to end: no provider of the job can be used. */
function ofProviders({ providers, troubled }: SituationFacts, sinceMs: number): Told | null {
  const blocking = troubled.filter(({ name }) => providers.includes(name));
  const first = blocking[0];
  if (first === undefined || blocking.length < providers.length) return null;
  const isCredentials = blocking.every(({ problem }) => problem === 'credentials');
  const names = blocking.map(({ name }) => name).join(', ');
  // a job that waited for something else before waits for this only since the provider's problem began
  const blockedMs = Math.max(...blocking.map((one) => one.sinceMs ?? sinceMs));
  return {
    kind: isCredentials ? 'credentials' : 'provider',
    message: isCredentials ? `Waiting for credentials of ${names}` : `Waiting for ${names}, which cannot be used`,
    sinceMs: Math.max(sinceMs, blockedMs),
    level: 'critical',
    detail:
      blocking.length === 1 ? first.message : blocking.map(({ name, message }) => `${name}: ${message}`).join('; '),
    advice: isCredentials
      ? `Renew the credentials of ${names} for the worker and restart it. The job continues by itself.`
      : `Run \`artenic doctor\`. The job continues when ${names} can be used again.`,
  };
}
