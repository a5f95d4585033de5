import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { objectKeys, type LogStream } from '@artenic/core';
import { ArtenicError } from '../core/errors.ts';
import type { StreamName } from '../store/types.ts';
import type { ApiDeps } from './deps.ts';
import { parseMetricLines } from './metric-lines.ts';
import type { RunnerCaller } from './route.ts';

const compress = promisify(gzip);
/** Logs are compressed while they stream in: speed matters more than the last tenth. */
const gzipLevel = 1;

function mismatch(expectedOffset: number): ArtenicError {
  return new ArtenicError('offset-mismatch', `Go on from offset ${expectedOffset}.`, { expectedOffset });
}

/** Bytes that are new to us; null when all of them are known already. */
async function newPart(
  deps: ApiDeps,
  attemptId: string,
  stream: StreamName,
  offset: number,
  body: Buffer,
): Promise<{ readonly offset: number; readonly bytes: Buffer } | null> {
  const next = await deps.store.streams.nextOffset(attemptId, stream);
  if (offset > next) throw mismatch(next);
  const bytes = body.subarray(next - offset);
  return bytes.length === 0 ? null : { offset: next, bytes };
}

/**
 * Appends one piece of a log. The object is written first (its key is its offset, so a repeat writes the same), the index
 * row and the offset then move in one transaction: a death between leaves an object that the repeat overwrites.
 */
export async function appendLog(
  deps: ApiDeps,
  { attempt, job }: RunnerCaller,
  stream: LogStream,
  offset: number,
  body: Buffer,
): Promise<number> {
  const part = await newPart(deps, attempt.id, stream, offset, body);
  const end = offset + body.length;
  if (part === null) return deps.store.streams.nextOffset(attempt.id, stream);
  const key = objectKeys.logChunk(job.id, attempt.attempt, stream, part.offset);
  await deps.storage.put(key, await compress(part.bytes, { level: gzipLevel }));
  const { logBytes, logHeadBytes } = deps.limits;
  const dropped = await deps.store.transaction(async (repositories) => {
    const advanced = await repositories.streams.advance(attempt.id, stream, part.offset, part.bytes.length);
    if (advanced.kind === 'mismatch') throw mismatch(advanced.expectedOffset);
    // Somebody else was faster with the same piece: theirs is the one that counts.
    if (advanced.skip > 0) throw mismatch(part.offset + advanced.skip);
    await repositories.logChunks.insert({
      jobId: job.id,
      attempt: attempt.attempt,
      stream,
      offset: part.offset,
      bytes: part.bytes.length,
      key,
    });
    await repositories.events.append({
      topic: `job:${job.id}`,
      kind: 'job.log',
      subject: job.id,
      data: { attempt: attempt.attempt, stream, nextOffset: end },
    });
    return (await repositories.logChunks.totalBytes(job.id)) > logBytes
      ? repositories.logChunks.trim(job.id, logBytes, logHeadBytes)
      : [];
  });
  for (const chunk of dropped) await deps.storage.delete(chunk.key);
  return end;
}

/** Appends metric lines; points and offset move in one transaction. */
export async function appendMetrics(
  deps: ApiDeps,
  { attempt, job }: RunnerCaller,
  offset: number,
  body: Buffer,
): Promise<number> {
  const part = await newPart(deps, attempt.id, 'metrics', offset, body);
  if (part === null) return deps.store.streams.nextOffset(attempt.id, 'metrics');
  return deps.store.transaction(async (repositories) => {
    const advanced = await repositories.streams.advance(attempt.id, 'metrics', part.offset, part.bytes.length);
    if (advanced.kind === 'mismatch') throw mismatch(advanced.expectedOffset);
    if (advanced.skip > 0) throw mismatch(part.offset + advanced.skip);
    const { rows, badLines } = parseMetricLines(part.bytes.toString('utf8'), {
      jobId: job.id,
      attempt: attempt.attempt,
      now: deps.now(),
    });
    if (rows.length > 0) await repositories.metrics.insert(rows);
    const topic = `job:${job.id}`;
    if (rows.length > 0)
      await repositories.events.append({
        topic,
        kind: 'job.metric',
        subject: job.id,
        data: { attempt: attempt.attempt, points: rows.length },
      });
    if (badLines > 0)
      await repositories.events.append({
        topic,
        kind: 'job.metric-error',
        subject: job.id,
        data: { attempt: attempt.attempt, badLines },
      });
    return offset + body.length;
  });
}
