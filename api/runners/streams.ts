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

/** The cap is looked at once in so many bytes of a stream, not for every piece: summing a long log costs. */
const capCheckBytes = 1_000_000;
/** So many logs are packed at once by this process: storage that stalls holds up no more than these. */
const mostPackings = 4;

/** The bytes of a piece that a stream which ends at `end` does not have; null when it has all of them. */
function freshPart(
  end: number,
  offset: number,
  body: Buffer,
): { readonly from: number; readonly to: number; readonly bytes: Buffer } | null {
  if (offset > end) throw new ArtenicError('offset-mismatch', `Go on from offset ${end}.`, { expectedOffset: end });
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
 * Appends pieces of logs. A piece is a row when it is answered, so a storage that does not answer holds up no runner; rows
 * become objects after the answer, by this process or by any log keeper.
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
      // the same bytes, sent twice at once: the other one has moved the stream on
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

/** Told once for an attempt: a job that writes nonsense, or too much, does it often. */
async function recordMetricLoss(
  repositories: Repositories,
  { attempt, job }: RunnerCaller,
  loss: { readonly badLines: number } | { readonly mostPoints: number },
  at: Date,
): Promise<void> {
  const note = 'badLines' in loss ? 'metric-error' : 'metric-points';
  if (!(await repositories.runnerEvents.firstTime(attempt.id, note, at))) return;
  await repositories.events.append({
    topic: `job:${job.id}`,
    kind: 'job.metric-error',
    subject: job.id,
    data: { attempt: attempt.attempt, ...loss },
  });
}

/** Appends metric lines. They are parsed before the transaction in which points and offset move. */
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
    const { rows, badLines } = await parseMetricLines(part.bytes.toString('utf8'), {
      ...{ jobId: job.id, attempt: attempt.attempt, now: deps.now() },
    });
    const isTaken = await store.transaction(runnerPrincipal(caller), async (repositories) => {
      await holdFence(repositories, caller);
      const kept = rows.slice(0, Math.max(0, mostPoints - (await repositories.streams.points(job.id))));
      if (!(await repositories.streams.claim(key, part.from, part.to, kept.length))) return false;
      await repositories.metrics.insert(kept);
      if (badLines > 0) await recordMetricLoss(repositories, caller, { badLines }, deps.now());
      if (kept.length < rows.length) await recordMetricLoss(repositories, caller, { mostPoints }, deps.now());
      return true;
    });
    // the same piece, sent twice at once: the other one has moved the stream on
    if (!isTaken) continue;
    const { id, projectId } = job;
    const data = { attempt: attempt.attempt };
    if (rows.length > 0) events.tell(deps, { topic: `job:${id}`, kind: 'job.metric', subject: id, projectId, data });
    return part.to;
  }
}
