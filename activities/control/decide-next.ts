import { isTerminalJobState } from '@artenic/core';
import type { EndedAttempt, FailoverAction, FailoverState } from '../../core/failover/types.ts';
import type { AttemptRecord, JobRecord, Repositories } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';
import { findOffers } from './find-offers.ts';

export async function decideNext(deps: ControlDeps, jobId: string, decision: number): Promise<FailoverAction> {
  const { store, policy, now } = deps;
  const before = await store.decisions.find(jobId, decision);
  if (before !== null) return before.action;

  const job = await store.jobs.get(jobId);
  const attempts = await store.attempts.listByJob(jobId);
  const { offers, refusals } = await findOffers(deps, job.spec);
  const decidedAt = now();
  const state = stateOf(job, attempts, { offers, nowMs: decidedAt.getTime() });
  const action: FailoverAction = isTerminalJobState(job.state)
    ? { kind: 'finish', state: job.state, attempt: null, reason: job.message }
    : policy.decide(state);

  return store.transaction(async (repositories) => {
    // whoever was faster has also told the job
    const first = await repositories.decisions.find(jobId, decision);
    if (first !== null) return first.action;
    const inputs = { ...state, refusals };
    const stored = await repositories.decisions.insert({
      ...{ jobId, decision, policyVersion: policy.version, inputs, action, decidedAt },
    });
    await tellJob(repositories, jobId, attempts, stored.action);
    return stored.action;
  });
}

function stateOf(
  job: JobRecord,
  attempts: readonly AttemptRecord[],
  moment: Pick<FailoverState, 'offers' | 'nowMs'>,
): FailoverState {
  const newest = attempts.at(-1);
  return {
    ...moment,
    attempts: attempts.flatMap(toEnded),
    openAttempt: newest?.ending === null ? { attempt: newest.attempt, offer: newest.offer } : null,
    cancelRequested: job.cancelRequestedAt !== null,
    retryOnExitCodes: job.spec.retryOnExitCodes,
    stopAtMs: job.stopAt?.getTime() ?? null,
  };
}

function toEnded(row: AttemptRecord): readonly EndedAttempt[] {
  const { attempt, offer, ending, endedAt } = row;
  if (ending === null || endedAt === null) return [];
  const beganAt = row.runningAt ?? row.helloAt ?? row.launchedAt ?? endedAt;
  const endedAtMs = endedAt.getTime();
  return [{ attempt, offer, ending, endedAtMs, ranMs: Math.max(0, endedAtMs - beganAt.getTime()) }];
}

/** Between two attempts the job recovers. What is taken over runs on, and says itself how it goes. */
async function tellJob(
  { jobs }: Repositories,
  jobId: string,
  attempts: readonly AttemptRecord[],
  action: FailoverAction,
): Promise<void> {
  const isRecovery = action.kind === 'wait' || (action.kind === 'launch' && action.takeOver !== true);
  if (!isRecovery || attempts.length === 0) return;
  await jobs.transition(jobId, 'recovering', { message: action.reason });
}
