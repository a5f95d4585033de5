import type { EndedAttempt, FailoverState, HeardRefusal, OpenAttempt, OwnRefusal } from '../../core/failover/types.ts';
import { decisiveStopAtMs } from '../../core/jobs/running-time.ts';
import { hasCompleted } from '../../store/attempts/completion.ts';
import type { AttemptRecord, JobRecord, LaunchRefusalRecord, RecentRefusal } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';
import { findOffers } from '../../app/offers/find-offers.ts';
import { queuesOf } from '../../app/offers/queues.ts';
import { claimOf } from '../attempts/room.ts';

/** How long another job's refusal counts, in milliseconds; an older first refusal has no value to other jobs. */
const heardForMs = 300_000;

/** The facts for a decision, as of `decidedAt`. */
export type Situation = {
  readonly job: JobRecord;
  readonly state: FailoverState;
  readonly decidedAt: Date;
  readonly hasAttempts: boolean;
};

/** @param watched numbers of the attempts whose workflows the calling run watches */
export async function readSituation(deps: ControlDeps, jobId: string, watched: readonly number[]): Promise<Situation> {
  const { store, now } = deps;
  const job = await store.jobs.get(jobId);
  const [attempts, counts, spans, launchRefusals, { offers, refusals }] = await Promise.all([
    store.attempts.newest(jobId),
    store.attempts.endings(jobId),
    store.attempts.runningSpans(jobId),
    store.launchRefusals.ofJob(jobId),
    findOffers(store, job.spec),
  ]);
  const queues = await queuesOf(store, claimOf(job, 1), offers);
  const decidedAt = now();
  const nowMs = decidedAt.getTime();
  const heard = (await store.launchRefusals.recent(new Date(nowMs - heardForMs), jobId)).map(toHeard);
  const state: FailoverState = {
    ...{ offers, refusals, heard, nowMs, ...counts },
    ...(queues.length === 0 ? {} : { queues }),
    launchRefusals: launchRefusals.map(toOwn),
    attempts: attempts.flatMap(toEnded),
    openAttempts: [
      ...(await openOf(deps, attempts, watched, nowMs)),
      ...(await openingOf(deps, jobId, attempts, watched)),
    ],
    cancelRequested: job.cancelRequestedAt !== null,
    retryOnExitCodes: job.spec.retryOnExitCodes,
    stopAtMs: decisiveStopAtMs(job.spec.maxHours, spans, { stopAt: job.stopAt, nowMs }),
    createdAtMs: job.createdAt.getTime(),
    ...(job.signals?.newsAtMs == null ? {} : { newsAtMs: job.signals.newsAtMs }),
  };
  return { job, state, decidedAt, hasAttempts: attempts.length > 0 };
}

/** Attempts whose workflow has started but not yet created its row, from the decisions that launched them. */
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
      // only a warned attempt is decided on before its end
      const isDone = noticedAtMs !== null && (await hasCompleted(deps.storage, row));
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

function toOwn({ kind, offer, message, streak, attempt, lastAt }: LaunchRefusalRecord): OwnRefusal {
  return { kind, offer, message, streak, attempt, atMs: lastAt.getTime() };
}
