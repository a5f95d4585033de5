import type { LogStream } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { systemPrincipal } from '../../store/principal-scope.ts';
import type { Repositories, StreamKey } from '../../store/types.ts';
import type { CoarseEvents } from '../live/coarse-events.ts';
import type { ApiDeps, ApiLimits } from '../deps.ts';
import { runnerPrincipal } from '../../app/access/principals.ts';
import { later, packLog } from '../../app/logs/objects.ts';
import { parseMetricLines } from './metric-lines.ts';
import type { RunnerCaller } from '../http/route.ts';
import { holdFence } from './fence.ts';

/**
 * The cap is checked once per this many bytes of a stream, and not for every piece, because summing a long log is
 * expensive.
 */
const capCheckBytes = 1_000_000;
/** Most logs that this process packs at once: a stalled storage blocks no more than these. */
const mostPackings = 4;

/** The bytes of a piece behind `end`, the current length of the stream; null when the stream has all of them. */
export function freshPart(
  end: number,
  offset: number,
  body: Buffer,
): { readonly from: number; readonly to: number; readonly bytes: Buffer } | null {
  if (offset > end) throw new ArtenicError('offset-mismatch', `Continue from offset ${end}.`, { expectedOffset: end });
  const to = offset + body.length;
  return to <= end ? null : { from: end, to, bytes: body.subarray(end - offset) };
}

function trimIfDue(
  limits: ApiLimits,
  repositories: Repositories,
  jobId: string,
  start: number,
  end: number,
): Promise<readonly string[]> {
  const step = Math.min(capCheckBytes, Math.ceil(limits.logBytes / 20));
  return Math.floor(start / step) === Math.floor(end / step)
    ? Promise.resolve([])
    : repositories.logChunks.trim(jobId, limits.logBytes, limits.logHeadBytes);
}

export type LogAppender = (
  deps: ApiDeps,
  caller: RunnerCaller,
  place: { readonly stream: LogStream; readonly offset: number },
  body: Buffer,
) => Promise<{ readonly nextOffset: number; readonly after?: () => Promise<void> }>;

/**
 * Appends pieces of logs. A piece is stored as a row before it is acknowledged, so a storage that does not answer
 * delays no runner. This process or any log keeper turns rows into objects after the answer.
 */
export function createLogAppender(events: CoarseEvents): LogAppender {
  let packings = 0;

  async function pack(deps: ApiDeps, key: StreamKey): Promise<void> {
    if (packings >= mostPackings) return;
    packings++;
    await later(deps, () => packLog({ ...deps, store: deps.store.as(systemPrincipal('logs')) }, key));
    packings--;
  }

  return async (deps, caller, { stream, offset }, body) => {
    const { store, limits } = deps;
    const { attempt, job } = caller;
    const ref = { jobId: job.id, attempt: attempt.attempt, stream };
    const key = { attemptId: attempt.id, stream };
    for (;;) {
      const { nextOffset, tailBytes } = await store.streams.end(key);
      const part = freshPart(nextOffset, offset, body);
      if (part === null) return { nextOffset };
      if (tailBytes >= limits.logTailBytes)
        throw new ArtenicError('unavailable', 'Log bytes wait for the storage: send them again later.');
      const { from, to, bytes } = part;
      const taken = await store.transaction(runnerPrincipal(caller), async (repositories) => {
        await holdFence(repositories, caller);
        const tail = await repositories.streams.claimTail(key, from, to, deps.now());
        if (tail === null) return null;
        await repositories.logChunks.insert({ ...ref, offset: from, content: bytes });
        return { tail, dropped: await trimIfDue(limits, repositories, job.id, from, to) };
      });
      // A concurrent request with the same bytes has advanced the stream.
      if (taken === null) continue;
      const data = { attempt: attempt.attempt, stream, nextOffset: to };
      const { projectId } = job;
      events.tell(deps, { topic: `job:${job.id}`, kind: 'job.log', subject: job.id, projectId, data });
      const after = async (): Promise<void> => {
        if (taken.dropped.length > 0)
          await later(deps, async () => {
            for (const dropped of taken.dropped) await deps.storage.delete(dropped);
          });
        if (taken.tail >= limits.logObjectBytes) await pack(deps, key);
      };
      return { nextOffset: to, after };
    }
  };
}

type MetricLoss =
  | { readonly badLines: number }
  | { readonly droppedValues: number; readonly droppedNames: readonly string[] }
  | { readonly mostPoints: number };

function noteOf(loss: MetricLoss): string {
  if ('badLines' in loss) return 'metric-error';
  return 'droppedValues' in loss ? 'metric-values' : 'metric-points';
}

/**
 * Recorded once for an attempt and a kind of loss, because a job with bad or too many metrics causes the loss often.
 */
async function recordMetricLoss(
  repositories: Repositories,
  { attempt, job }: RunnerCaller,
  loss: MetricLoss,
  at: Date,
): Promise<void> {
  if (!(await repositories.runnerEvents.firstTime(attempt.id, noteOf(loss), at))) return;
  await repositories.events.append({
    topic: `job:${job.id}`,
    kind: 'job.metric-error',
    subject: job.id,
    data: { attempt: attempt.attempt, ...loss },
  });
}

/** Appends metric lines. They are parsed before the transaction that stores the points and advances the offset. */
export async function appendMetrics(
  deps: ApiDeps,
  events: CoarseEvents,
  caller: RunnerCaller,
  offset: number,
  body: Buffer,
): Promise<number> {
  const { attempt, job } = caller;
  const { store } = deps;
  const mostPoints = deps.limits.metricPoints;
  const key = { attemptId: attempt.id, stream: 'metrics' } as const;
  for (;;) {
    const { nextOffset: end } = await store.streams.end(key);
    const part = freshPart(end, offset, body);
    if (part === null) return end;
    const { rows, badLines, droppedValues, droppedNames } = await parseMetricLines(part.bytes.toString('utf8'), {
      ...{ jobId: job.id, attempt: attempt.attempt, now: deps.now() },
    });
    const isTaken = await store.transaction(runnerPrincipal(caller), async (repositories) => {
      await holdFence(repositories, caller);
      const kept = rows.slice(0, Math.max(0, mostPoints - (await repositories.streams.points(job.id))));
      if (!(await repositories.streams.claim(key, part.from, part.to, kept.length))) return false;
      await repositories.metrics.insert(kept);
      const tell = (loss: MetricLoss): Promise<void> => recordMetricLoss(repositories, caller, loss, deps.now());
      if (badLines > 0) await tell({ badLines });
      if (droppedValues > 0) await tell({ droppedValues, droppedNames });
      if (kept.length < rows.length) await tell({ mostPoints });
      return true;
    });
    // A concurrent request with the same piece has advanced the stream.
    if (!isTaken) continue;
    const { id, projectId } = job;
    const data = { attempt: attempt.attempt };
    if (rows.length > 0) events.tell(deps, { topic: `job:${id}`, kind: 'job.metric', subject: id, projectId, data });
    return part.to;
  }
}
