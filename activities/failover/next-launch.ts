import { assertNever } from '../../core/assert-never.ts';
import { errorTypeOf, refusalKindOf } from '../../core/failover/refusal-kind.ts';
import { chooseLaunch, waitTogetherMs, type LaunchChoice } from '../../core/failover/refusals.ts';
import { heldReason, lookAgainMs } from '../../core/signals/hold-back.ts';
import type { AttemptRecord, JobRecord, Repositories } from '../../store/types.ts';
import type { LaunchError } from '../../core/jobs/judge.ts';
import type { NextLaunch, NextLaunchInput } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';
import { readSituation } from './failover-state.ts';
import { grantCapacity } from '../attempts/queue.ts';

/**
 * Next step of an attempt whose launch was refused, or whose wait is over: another offer, another wait, or its end. A
 * refusal is stored in the row of its offer; the attempt continues under its number, and each launch has its own
 * number. Repeating a call returns the same launch.
 */
export async function nextLaunch(deps: ControlDeps, input: NextLaunchInput): Promise<NextLaunch> {
  const { store, now, policyFor } = deps;
  const { attemptId, launch, refusal } = input;
  const attempt = await store.attempts.get(attemptId);
  if (attempt.launch > launch) return onward(attempt);
  const error = refusal ?? (await lastError(deps, attempt));
  const kind = refusal === null ? null : refusalKindOf(refusal.type);
  if (refusal !== null && kind !== null) {
    const { jobId, offer } = attempt;
    const { message } = refusal;
    await store.launchRefusals.record({
      ...{ jobId, offer, kind, message, attempt: attempt.attempt, launch, at: now() },
    });
  }
  if (isAtItsEnd(attempt) || (refusal !== null && kind === null)) return { kind: 'end', error };

  const { job, state } = await readSituation(deps, attempt.jobId, []);
  const choice = chooseLaunch(state, attempt.attempt, policyFor(job.spec.placement.mode).decide);
  const chosen = await store.transaction((repositories) =>
    settle(repositories, { attempt, launch, choice, error, stopAtMs: state.stopAtMs, now }),
  );
  if (chosen.kind === 'launch' && chosen.offer.provider !== attempt.offer.provider)
    await grantCapacity(deps, attempt.offer.provider, null);
  return chosen;
}

/** Whether the attempt has or had an instance, or is asked to stop: a further launch would be wrong. */
function isAtItsEnd({ ending, handle, stopRequested, billedFrom, terminationConfirmedAt }: AttemptRecord): boolean {
  return [ending, handle, stopRequested, billedFrom, terminationConfirmedAt].some((fact) => fact !== null);
}

type Choice = {
  readonly attempt: AttemptRecord;
  readonly launch: number;
  readonly choice: LaunchChoice;
  readonly error: LaunchError;
  readonly stopAtMs: number | null;
  readonly now: () => Date;
};

async function settle(
  { jobs, attempts, capacity }: Repositories,
  { attempt: { id, jobId }, launch, choice, error, stopAtMs, now }: Choice,
): Promise<NextLaunch> {
  const job = await jobs.lock(jobId);
  const attempt = await attempts.get(id);
  // another run has already moved to a later launch
  if (attempt.launch > launch) return onward(attempt);
  if (isAtItsEnd(attempt)) return { kind: 'end', error };
  const held = heldBack(choice, job, { stopAtMs, nowMs: now().getTime() });
  switch (held.kind) {
    case 'end':
      return { kind: 'end', error };
    case 'wait':
      await jobs.transition(jobId, attempt.attempt > 1 ? 'recovering' : 'waiting', { message: held.reason });
      return held;
    case 'launch': {
      const { offer, reason } = held;
      const next = launch + 1;
      await attempts.moveLaunch(id, { launch: next, offer, reason, at: now() });
      if (offer.provider !== attempt.offer.provider) await capacity.release(id);
      return { kind: 'launch', launch: next, offer, reason };
    }
    default:
      return assertNever(held);
  }
}

function onward({ launch, offer, reason }: AttemptRecord): NextLaunch {
  return { kind: 'launch', launch, offer, reason };
}

/** Turns a launch of a held job into a wait. */
function heldBack(
  choice: LaunchChoice,
  { heldAt }: JobRecord,
  { stopAtMs, nowMs }: { readonly stopAtMs: number | null; readonly nowMs: number },
): LaunchChoice {
  if (choice.kind === 'end') return choice;
  if (heldAt !== null) return { kind: 'wait', waitMs: lookAgainMs(stopAtMs, nowMs), reason: heldReason(heldAt) };
  if (choice.kind === 'launch') return choice;
  return { ...choice, waitMs: waitTogetherMs(choice.waitMs, stopAtMs, nowMs) };
}

/** The last error of an attempt that ends after a wait. */
async function lastError({ store }: ControlDeps, { jobId, attempt }: AttemptRecord): Promise<LaunchError> {
  const last = (await store.launchRefusals.ofJob(jobId)).findLast((one) => one.attempt === attempt);
  return last === undefined
    ? { type: 'stockout', message: 'It was not launched.' }
    : { type: errorTypeOf(last.kind), message: last.message };
}
