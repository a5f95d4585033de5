import {
  isTerminalJobState,
  logPageSchema,
  logStreams,
  metricSeriesSchema,
  objectKeys,
  outputFileSchema,
  pageSchema,
  systemMetricsSchema,
  type LogPage,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { LogRef } from '../../../store/types.ts';
import type { ApiDeps } from '../../deps.ts';
import { jobOf } from '../../jobs/job-of.ts';
import { readChunk } from '../../../app/logs/objects.ts';
import { outputPage } from '../../jobs/outputs.ts';
import { followSeries, readSeries } from '../../jobs/metric-series.ts';
import { readSystemMetrics } from '../../jobs/system-series.ts';
import { objectAnswers, objectReply } from '../../http/object-reply.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { longestMetricName } from '../../runners/metric-lines.ts';
import { attemptNumber, jobIdParam, jobRef, longPageQuery, offsetNumber, pageLimit, named } from '../../schemas.ts';

const logQuery = z.strictObject({
  attempt: attemptNumber.optional(),
  stream: z.enum(logStreams).default('training'),
  offset: offsetNumber.default(0),
  limitBytes: pageLimit(1, 8_000_000).default(1_000_000),
  tailBytes: pageLimit(1, 8_000_000)
    .optional()
    .meta({ description: 'Instead of `offset`: start this many bytes before the end.' }),
});

/** Cuts at a character's end, so that a page is whole UTF-8. */
function cutWhole(bytes: Buffer): Buffer {
  let end = bytes.length;
  // At most three bytes of an unfinished character can be at the end.
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (length > back) end = bytes.length - back;
    break;
  }
  return end === 0 ? bytes : bytes.subarray(0, end);
}

/**
 * `name=` is repeatable, because a metric's name may contain a comma, at which `names=` is split. Express gives a
 * single value as text.
 */
const metricNames = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(z.string().min(1).max(longestMetricName)).max(1000),
  )
  .meta({ description: 'A metric to read; repeat it for several. Its name may hold commas.' });

/** Null means all metrics. The whole text of `names` also counts as a name. */
function namesOf(query: {
  readonly name?: readonly string[] | undefined;
  readonly names?: string | undefined;
}): readonly string[] | null {
  if (query.name === undefined && query.names === undefined) return null;
  const { names } = query;
  return [...(query.name ?? []), ...(names === undefined ? [] : [names, ...names.split(',')])];
}

type LogPlace = LogRef & { readonly offset: number };

/**
 * Reads a page. A chunk may be dropped or moved to another object after the index was read; then the index is read
 * again.
 */
async function readPage(deps: ApiDeps, place: LogPlace, limitBytes: number): Promise<Omit<LogPage, 'complete'>> {
  try {
    return await readPageOnce(deps, place, limitBytes);
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
    return readPageOnce(deps, place, limitBytes);
  }
}

/**
 * Reads from `offset` over the kept chunks. If chunks were dropped, the page begins behind the gap and says how many
 * bytes are missing.
 */
async function readPageOnce(deps: ApiDeps, place: LogPlace, limitBytes: number): Promise<Omit<LogPage, 'complete'>> {
  const chunks = await deps.store.logChunks.from(place, place.offset, limitBytes);
  const parts: Uint8Array[] = [];
  const first = chunks[0];
  const start = Math.max(place.offset, first?.offset ?? place.offset);
  let next = start;
  for (const chunk of chunks) {
    if (chunk.offset > next || next - start >= limitBytes) break;
    let content: Uint8Array;
    try {
      content = await readChunk(deps.storage, chunk);
    } catch (error) {
      // The cap has dropped the chunk since the index was read; the parts so far make a page.
      if (isArtenicError(error, 'not-found') && parts.length > 0) break;
      throw error;
    }
    const from = next - chunk.offset;
    const part = content.subarray(from, from + limitBytes - (next - start));
    parts.push(part);
    next += part.length;
  }
  const bytes = Buffer.concat(parts);
  const whole = cutWhole(bytes);
  return {
    attempt: place.attempt,
    stream: place.stream,
    offset: start,
    nextOffset: start + whole.length,
    text: whole.toString('utf8'),
    droppedBytes: start - place.offset,
  };
}

/** Offset at which the wanted page begins. */
async function startOf(
  { store }: ApiDeps,
  ref: LogRef,
  { offset, tailBytes }: { readonly offset: number; readonly tailBytes?: number | undefined },
): Promise<number> {
  return tailBytes === undefined ? offset : Math.max(0, (await store.logChunks.endOffset(ref)) - tailBytes);
}

export function jobOutputRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/logs',
      permission: 'read',
      tag: 'jobs',
      summary: "One page of an attempt's log, by byte offset",
      params: jobIdParam,
      query: logQuery,
      answers: { 200: { description: 'One page', schema: logPageSchema } },
      handle: async (context) => {
        const { deps, params, query } = context;
        const job = await jobOf(context, params.id);
        const attempt = query.attempt ?? Math.max(1, job.currentAttempt);
        const row = (await deps.store.attempts.listByJob(job.id)).find((one) => one.attempt === attempt);
        if (row === undefined && query.attempt !== undefined)
          throw new ArtenicError('not-found', `Job ${job.id} has no attempt ${attempt}.`);
        const ref = { jobId: job.id, attempt, stream: query.stream };
        const offset = await startOf(deps, ref, query);
        const page = await readPage(deps, { ...ref, offset }, query.limitBytes);
        const hasEnded = row?.state === 'ended' || (row === undefined && isTerminalJobState(job.state));
        return ok({ ...page, complete: hasEnded && page.nextOffset === offset });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/metrics',
      permission: 'read',
      tag: 'jobs',
      summary: 'Metric series by step, thinned to a limit with extremes kept; with `after` only what is new',
      params: jobIdParam,
      query: z.strictObject({
        name: metricNames.optional(),
        names: z
          .string()
          .min(1)
          .max(4096)
          .optional()
          .meta({ description: 'Metrics to read, separated by commas, or the one whose name is all of it.' }),
        limit: pageLimit(2, 10_000).default(1000),
        after: offsetNumber.optional(),
      }),
      answers: {
        200: { description: 'Points', schema: metricSeriesSchema.extend({ items: z.array(named.metricPoint) }) },
      },
      handle: async (context) => {
        const { deps, params, query } = context;
        await jobOf(context, params.id);
        const { after, limit } = query;
        const names = namesOf(query);
        const wanted = { jobId: params.id, limit, ...(names === null ? {} : { names }) };
        return ok(await (after === undefined ? readSeries(deps, wanted) : followSeries(deps, { ...wanted, after })));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/system-metrics',
      permission: 'read',
      tag: 'jobs',
      summary: 'Use of processor, memory, disk, network and GPUs by an attempt and on its machine',
      params: jobIdParam,
      query: z.strictObject({
        attempt: attemptNumber.optional().meta({ description: 'The newest attempt when absent.' }),
        limit: pageLimit(2, 2000).default(300).meta({ description: 'Most points of a series.' }),
      }),
      answers: { 200: { description: 'Series', schema: systemMetricsSchema } },
      handle: async (context) => {
        const { deps, params, query } = context;
        const job = await jobOf(context, params.id);
        const attempt = query.attempt ?? Math.max(1, job.currentAttempt);
        return ok(await readSystemMetrics(deps, { jobId: job.id, attempt, limit: query.limit }));
      },
    }),
    ...outputRoutes(),
  ];
}

/** Routes for files from output folders. */
function outputRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/outputs',
      permission: 'read',
      tag: 'jobs',
      summary: 'Files that the attempts left in their output folders',
      params: jobIdParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(outputFileSchema) } },
      handle: async (context) => {
        const { deps, params, query } = context;
        return ok(await outputPage(deps, await jobOf(context, params.id), query));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/outputs/{attempt}/{path}',
      permission: 'read',
      tag: 'jobs',
      summary: 'Download a file that an attempt left in its output folder',
      params: z.strictObject({ id: jobRef, attempt: attemptNumber, path: z.string().min(1).max(512) }),
      answers: objectAnswers,
      handle: async (context) => {
        const { deps, params, request } = context;
        await jobOf(context, params.id);
        const key = objectKeys.output(params.id, params.attempt, params.path);
        const head = await deps.storage.head(key);
        if (head === null)
          throw new ArtenicError('not-found', `The attempt left no file ${JSON.stringify(params.path)}.`);
        return objectReply(deps, request, head);
      },
    }),
  ];
}
