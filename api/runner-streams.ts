import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { objectKeys, type LogStream } from '@artenic/core';
import { ArtenicError } from '../core/errors.ts';
import type { LogChunkRecord, Repositories, StreamName } from '../store/types.ts';
import type { CoarseEvents } from './coarse-events.ts';
import type { ApiDeps } from './deps.ts';
import { parseMetricLines } from './metric-lines.ts';
import type { RunnerCaller } from './route.ts';

const compress = promisify(gzip);
/** Logs are compressed while they stream in: speed matters more than the last tenth. */
const gzipLevel = 1;
/** The cap is looked at once in so many bytes of a stream, not for every piece: summing a long log costs. */
const capCheckBytes = 1_000_000;

/**
 * The bytes of a piece that are new, claimed under the stream's row lock until the transaction ends; null when all of
 * them are known. `offset` is where they begin.
 */
async function claim(
  repositories: Repositories,
  attemptId: string,
  stream: StreamName,
  offset: number,
  body: Buffer,
): Promise<{ readonly offset: number; readonly bytes: Buffer } | null> {
  const advanced = await repositories.streams.advance(attemptId, stream, offset, body.length);
  if (advanced.kind === 'mismatch') {
    const { expectedOffset } = advanced;
    throw new ArtenicError('offset-mismatch', `Go on from offset ${expectedOffset}.`, { expectedOffset });
  }
  const bytes = body.subarray(advanced.skip);
  return bytes.length === 0 ? null : { offset: offset + advanced.skip, bytes };
}

function trimIfDue(
  { limits }: ApiDeps,
  repositories: Repositories,
  jobId: string,
  start: number,
  end: number,
): Promise<readonly LogChunkRecord[]> {
  const step = Math.min(capCheckBytes, Math.ceil(limits.logBytes / 20));
  return Math.floor(start / step) === Math.floor(end / step)
    ? Promise.resolve([])
    : repositories.logChunks.trim(jobId, limits.logBytes, limits.logHeadBytes);
}

/**
 * Appends one piece of a log; returns where to go on. The object is written under the stream's lock, before its index row
 * is committed: of two pieces that begin at the same place only one is ever under way, and a death between leaves an
 * object that the repeat overwrites.
 */
export async function appendLog(
  deps: ApiDeps,
  events: CoarseEvents,
  { attempt, job }: RunnerCaller,
  stream: LogStream,
  offset: number,
  body: Buffer,
): Promise<number> {
  const dropped = await deps.store.transaction(async (repositories) => {
    const part = await claim(repositories, attempt.id, stream, offset, body);
    if (part === null) return null;
    const key = objectKeys.logChunk(job.id, attempt.attempt, stream, part.offset, part.bytes.length);
    await deps.storage.put(key, await compress(part.bytes, { level: gzipLevel }));
    await repositories.logChunks.insert({
      jobId: job.id,
      attempt: attempt.attempt,
      stream,
      offset: part.offset,
      bytes: part.bytes.length,
      key,
    });
    return trimIfDue(deps, repositories, job.id, part.offset, part.offset + part.bytes.length);
  });
  if (dropped === null) return deps.store.streams.nextOffset(attempt.id, stream);
  for (const chunk of dropped) await deps.storage.delete(chunk.key);
  const nextOffset = offset + body.length;
  events.tell(deps, {
    topic: `job:${job.id}`,
    kind: 'job.log',
    subject: job.id,
    projectId: job.projectId,
    data: { attempt: attempt.attempt, stream, nextOffset },
  });
  return nextOffset;
}

/** Told once for an attempt: a job that writes nonsense writes it often. */
async function tellBadLines(
  deps: ApiDeps,
  repositories: Repositories,
  { attempt, job }: RunnerCaller,
  badLines: number,
): Promise<void> {
  if (badLines === 0 || !(await repositories.runnerEvents.firstTime(attempt.id, 'metric-error', deps.now()))) return;
  await repositories.events.append({
    topic: `job:${job.id}`,
    kind: 'job.metric-error',
    subject: job.id,
    data: { attempt: attempt.attempt, badLines },
  });
}

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
  for (;;) {
    const end = await store.streams.nextOffset(attempt.id, 'metrics');
    const part = freshPart(end, offset, body);
    if (part === null) return end;
    const { rows, badLines } = await parseMetricLines(part.bytes.toString('utf8'), {
      ...{ jobId: job.id, attempt: attempt.attempt, now: deps.now() },
    });
    const isTaken = await store.transaction(async (repositories) => {
      if (!(await repositories.streams.claim(attempt.id, 'metrics', part.from, part.to))) return false;
      await repositories.metrics.insert(rows);
      await tellBadLines(deps, repositories, caller, badLines);
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
