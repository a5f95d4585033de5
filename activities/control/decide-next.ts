import { isTerminalJobState } from '@artenic/core';
import type {
  Decided,
  EndedAttempt,
  FailoverAction,
  FailoverState,
  HeardRefusal,
  OpenAttempt,
} from '../../core/failover/types.ts';
import { cameToItsEnd } from '../../store/completion.ts';
import { holdBack } from '../../core/signals/hold-back.ts';
import type { AttemptRecord, JobRecord, RecentRefusal, Repositories } from '../../store/types.ts';
import type { ControlActivities } from '../contract.ts';
import type { ControlDeps } from '../deps.ts';
import { findOffers } from './find-offers.ts';
import { wakeAll } from './queue-attempt.ts';
import { lookAgain, queuesOf, takeRoom } from './room.ts';

type DecideInput = Parameters<ControlActivities['decideNext']>[0];

/** As long as a first refusal is worth anything to others. */
const heardForMs = 300_000;

export async function decideNext(deps: ControlDeps, { jobId, decision, watched }: DecideInput): Promise<Decided> {
  const { store, policyFor, now } = deps;
  const before = await store.decisions.find(jobId, decision);
  if (before !== null) return { ...before.action, isRepeated: true };

  const job = await store.jobs.get(jobId);
  const attempts = await store.attempts.listByJob(jobId);
  const { offers, refusals } = await findOffers(deps, job.spec);
  const queues = await queuesOf(store, job, offers);
  const decidedAt = now();
  const heard = (await store.attempts.recentRefusals(new Date(decidedAt.getTime() - heardForMs), jobId)).map(toHeard);
  const moment = { offers, refusals, heard, nowMs: decidedAt.getTime(), ...(queues.length === 0 ? {} : { queues }) };
  const open = [
    ...(await openOf(deps, attempts, watched, moment.nowMs)),
    ...(await openingOf(deps, jobId, attempts, watched)),
  ];
  const firstState = stateOf(job, attempts, open, moment);
  const policy = policyFor(job.spec.placement.mode);
  const decide = (state: FailoverState): FailoverAction =>
    isTerminalJobState(job.state)
      ? { kind: 'finish', state: job.state, attempt: null, reason: job.message }
      : policy.decide(state);
  const firstAction = decide(firstState);

  const granted: string[] = [];
  const decided = await store.transaction(async (repositories): Promise<Decided> => {
    const room = await lookAgain(repositories, job, firstAction, queues);
    const state = room.held === null ? firstState : { ...firstState, queues: room.queues };
    const action = room.held === null ? firstAction : decide(state);
    // a hold that has been answered must hold: it is read last, and comes before or after this decision as a whole
    const { heldAt, stopAt } = await repositories.jobs.lock(jobId);
    // whoever was faster has also told the job; behind the lock, so that of all who ask at once one is the first
    const first = await repositories.decisions.find(jobId, decision);
    if (first !== null) return { ...first.action, isRepeated: true };
    const stored = await repositories.decisions.insert({
      ...{ jobId, decision, policyVersion: policy.version, decidedAt },
      inputs: heldAt === null ? state : { ...state, heldAtMs: heldAt.getTime() },
      action: holdBack(action, { heldAt, stopAt, now: decidedAt }),
    });
    granted.push(...(await takeRoom(repositories, job, stored.action, room)));
    await tellJob(repositories, jobId, attempts, stored.action);
    return stored.action;
  });
  await wakeAll(deps, granted);
  return withUnknown(decided, refusals);
}

/** What waits for want of offers waits for those that are not known. */
function withUnknown(decided: Decided, refusals: FailoverState['refusals']): Decided {
  if (decided.kind !== 'wait' || decided.isRepeated === true || refusals.length === 0) return decided;
  return { ...decided, unknown: refusals.map(({ provider }) => provider) };
}

function stateOf(
  job: JobRecord,
  attempts: readonly AttemptRecord[],
  openAttempts: readonly OpenAttempt[],
  moment: Pick<FailoverState, 'offers' | 'refusals' | 'heard' | 'nowMs' | 'queues'>,
): FailoverState {
  return {
    ...moment,
    attempts: attempts.flatMap(toEnded),
    openAttempts,
    cancelRequested: job.cancelRequestedAt !== null,
    retryOnExitCodes: job.spec.retryOnExitCodes,
    stopAtMs: job.stopAt?.getTime() ?? null,
    createdAtMs: job.createdAt.getTime(),
    ...(job.signals?.newsAtMs == null ? {} : { newsAtMs: job.signals.newsAtMs }),
  };
}

/** Workflows that have begun and not yet made their row: by the decisions that launched them. */
async function openingOf(
  { store }: ControlDeps,
  jobId: string,
  attempts: readonly AttemptRecord[],
  watched: readonly number[],
): Promise<readonly OpenAttempt[]> {
  if (watched.every((number) => attempts.some(({ attempt }) => attempt === number))) return [];
  const launches = new Map<number, OpenAttempt>();
  for (const { attempt, offer } of await store.decisions.launches(jobId, watched)) {
    if (attempts.every((row) => row.attempt !== attempt))
      launches.set(attempt, { attempt, offer, isWatched: true, noticedAtMs: null, isDone: false, ranMs: 0 });
  }
  return [...launches.values()];
}

function toEnded(row: AttemptRecord): readonly EndedAttempt[] {
  const { attempt, offer, ending, endedAt } = row;
  if (ending === null || endedAt === null) return [];
  const endedAtMs = endedAt.getTime();
  return [{ attempt, offer, ending, endedAtMs, ranMs: ranMs(row, endedAtMs) }];
}

function openOf(
  deps: ControlDeps,
  attempts: readonly AttemptRecord[],
  watched: readonly number[],
  nowMs: number,
): Promise<readonly OpenAttempt[]> {
  const open = attempts.filter(({ ending }) => ending === null);
  return Promise.all(
    open.map(async (row) => {
      const { attempt, offer, noticedAt } = row;
      const noticedAtMs = noticedAt?.getTime() ?? null;
      // nobody asks what is not warned
      const isDone = noticedAtMs !== null && (await cameToItsEnd(deps.storage, row));
      const isWatched = watched.includes(attempt);
      return { attempt, offer, isWatched, noticedAtMs, isDone, ranMs: ranMs(row, noticedAtMs ?? nowMs) };
    }),
  );
}

function ranMs({ runningAt, helloAt, launchedAt }: AttemptRecord, untilMs: number): number {
  const beganAt = runningAt ?? helloAt ?? launchedAt;
  return beganAt === null ? 0 : Math.max(0, untilMs - beganAt.getTime());
}

function toHeard({ offer, kind, endedAt }: RecentRefusal): HeardRefusal {
  return { kind, offer, atMs: endedAt.getTime() };
}

/** Between two attempts the job recovers; before the first it waits. What is taken over runs on, and says itself how it goes. */
async function tellJob(
  { jobs }: Repositories,
  jobId: string,
  attempts: readonly AttemptRecord[],
  action: FailoverAction,
): Promise<void> {
  const isRecovery = action.kind === 'wait' || (action.kind === 'launch' && action.takeOver !== true);
  if (isRecovery && attempts.length > 0) await jobs.transition(jobId, 'recovering', { message: action.reason });
  else if (action.kind === 'wait') await jobs.transition(jobId, 'waiting', { message: action.reason });
}
