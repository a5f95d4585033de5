import { isTerminalJobState, type AttemptEnding, type JobState, type TerminalJobState } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { isRefusal } from '../../core/failover/blocking.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { fenceAfterEnding } from '../../core/failover/hand-over.ts';
import type { JobRecord } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';
import { grantCapacity } from '../attempts/queue.ts';

type Settlement = {
  readonly state: TerminalJobState;
  readonly message: string;
  readonly model: { readonly name: string; readonly version: number } | null;
};

export async function settleAttempt(
  deps: ControlDeps,
  attemptId: string,
  ending: AttemptEnding,
): Promise<AttemptEnding> {
  const { store, now } = deps;
  const { jobId, offer, attempt, launch } = await store.attempts.get(attemptId);
  const settled = await store.transaction(async (repositories) => {
    const { currentAttempt } = await repositories.jobs.lock(jobId);
    const first = await repositories.attempts.end(attemptId, ending, now());
    const { kind, message } = first;
    if (isRefusal(kind))
      await repositories.launchRefusals.record({ jobId, offer, kind, message, attempt, launch, at: now() });
    await repositories.jobs.moveFence(
      jobId,
      fenceAfterEnding(await repositories.attempts.newest(jobId), currentAttempt),
    );
    await repositories.capacity.release(attemptId);
    return first;
  });
  await grantCapacity(deps, offer.provider, null);
  return settled;
}

/**
 * Releases the claim that a decision made for its attempt, because a cancel may prevent that attempt from being opened.
 */
async function dropUnopened({ attempts, capacity }: ControlDeps['store'], jobId: string): Promise<void> {
  const newest = (await attempts.newest(jobId)).at(-1)?.attempt ?? 0;
  // attempts near the head of that queue ask for the freed capacity within seconds
  await capacity.release(attemptIdOf(jobId, newest + 1));
}

export async function settleJob(
  { store }: ControlDeps,
  jobId: string,
  { state, message, model }: Settlement,
): Promise<{ readonly state: TerminalJobState; readonly message: string }> {
  const result = model === null ? {} : { resultModel: model.name, resultVersion: model.version };
  // where the transition table has no direct edge to this state, the job goes through the states between
  const way: readonly (readonly [JobState, Parameters<typeof store.jobs.transition>[2]])[] = [
    [state, { message, ...result }],
    ['preparing', {}],
    ['recovering', {}],
    [state, { message, ...result }],
  ];
  let job: JobRecord | null = null;
  for (const [to, options] of way) {
    job = await store.jobs.transition(jobId, to, options);
    if (isTerminalJobState(job.state)) {
      await dropUnopened(store, jobId);
      return { state: job.state, message: job.message };
    }
  }
  throw new ArtenicError('internal', `The job cannot go from \`${job?.state}\` to \`${state}\`.`);
}
