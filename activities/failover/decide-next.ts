import { isTerminalJobState } from '@artenic/core';
import type { Decided, FailoverAction, FailoverState } from '../../core/failover/types.ts';
import { holdBack } from '../../core/signals/hold-back.ts';
import type { Repositories } from '../../store/types.ts';
import type { ControlActivities } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';
import { compactInputs } from './compact-inputs.ts';
import { readSituation } from './failover-state.ts';
import { wakeAll } from '../attempts/queue.ts';
import { lookAgain, takeRoom } from '../attempts/room.ts';

type DecideInput = Parameters<ControlActivities['decideNext']>[0];

export async function decideNext(deps: ControlDeps, { jobId, decision, watched }: DecideInput): Promise<Decided> {
  const { store, policyFor } = deps;
  const before = await store.decisions.find(jobId, decision);
  if (before !== null) return { ...before.action, isRepeated: true };

  const { job, state: firstState, decidedAt, hasAttempts } = await readSituation(deps, jobId, watched);
  const policy = policyFor(job.spec.placement.mode);
  const decide = (state: FailoverState): FailoverAction =>
    isTerminalJobState(job.state)
      ? { kind: 'finish', state: job.state, attempt: null, reason: job.message }
      : policy.decide(state);
  const firstAction = decide(firstState);

  const granted: string[] = [];
  const decided = await store.transaction(async (repositories): Promise<Decided> => {
    const room = await lookAgain(repositories, job, firstAction, firstState.queues ?? []);
    const state = room.held === null ? firstState : { ...firstState, queues: room.queues };
    const action = room.held === null ? firstAction : decide(state);
    // a hold that was acknowledged must take effect: it is read last, under the lock that orders it before or after
    // this decision
    const { heldAt } = await repositories.jobs.lock(jobId);
    // checked again under the job's lock: a concurrent call with this number may have stored its decision already
    const first = await repositories.decisions.find(jobId, decision);
    if (first !== null) return { ...first.action, isRepeated: true };
    const previous = (await repositories.decisions.find(jobId, decision - 1))?.inputs;
    const stored = await repositories.decisions.insert({
      ...{ jobId, decision, policyVersion: policy.version, decidedAt },
      inputs: compactInputs(heldAt === null ? state : { ...state, heldAtMs: heldAt.getTime() }, previous),
      action: holdBack(action, { heldAt, stopAtMs: state.stopAtMs, nowMs: decidedAt.getTime() }),
    });
    granted.push(...(await takeRoom(repositories, job, stored.action, room)));
    await updateJobState(repositories, jobId, hasAttempts, stored.action);
    return stored.action;
  });
  await wakeAll(deps, granted);
  return withUnknown(decided, firstState.refusals);
}

/** Adds the providers with unknown offers to a wait, because their offers may end it. */
function withUnknown(decided: Decided, refusals: FailoverState['refusals']): Decided {
  if (decided.kind !== 'wait' || decided.isRepeated === true || refusals.length === 0) return decided;
  return { ...decided, unknown: refusals.map(({ provider }) => provider) };
}

/**
 * Between two attempts the job is recovering; before the first it is waiting. A taken-over attempt keeps running and
 * reports its own state.
 */
async function updateJobState(
  { jobs }: Repositories,
  jobId: string,
  hasAttempts: boolean,
  action: FailoverAction,
): Promise<void> {
  const isRecovery = action.kind === 'wait' || (action.kind === 'launch' && action.takeOver !== true);
  if (isRecovery && hasAttempts) await jobs.transition(jobId, 'recovering', { message: action.reason });
  else if (action.kind === 'wait') await jobs.transition(jobId, 'waiting', { message: action.reason });
}
