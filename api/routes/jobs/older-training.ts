import { jobStates } from '@artenic/core';
import { z } from 'zod';
import { decodeText, parseJson } from '../../middleware/body.ts';
import { parsePart } from '../../http/input-errors.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { acceptCancel, acceptJob } from '../../jobs/accept.ts';
import { jobOf } from '../../jobs/job-of.ts';
import { readExactJson, readSpec } from '../../jobs/read-spec.ts';
import { viewsOfJobs } from '../../jobs/views-of-jobs.ts';
import {
  inOlderWords,
  isOlderDispatch,
  namesCommand,
  olderDispatchSchema,
  specOfDispatch,
  type OlderDispatch,
} from '../../older/dispatch.ts';
import { olderJob, olderJobSchema } from '../../older/job.ts';
import { jobIdParam, named, pageLimit } from '../../schemas.ts';

const mostOffset = 100_000;

type BytesContext = Context<unknown, unknown, Buffer>;

async function specOf(context: BytesContext, older: OlderDispatch) {
  if (namesCommand(older)) return specOfDispatch(older, null);
  const { service, model } = older;
  const { projectId } = context.principal();
  const { items } = await context.deps.store.jobs.list({ projectId, service, model, limit: 1 });
  return specOfDispatch(older, items[0]?.spec ?? null);
}

async function dispatch(context: BytesContext): Promise<Reply> {
  const text = decodeText(context.body);
  if (!isOlderDispatch(text === '' ? {} : parseJson(text)))
    return acceptJob(context, readSpec(text, 'application/json'), olderJob);
  const older = parsePart('The body', olderDispatchSchema, readExactJson(text));
  try {
    return await acceptJob(context, await specOf(context, older), olderJob);
  } catch (error) {
    throw inOlderWords(error);
  }
}

const dispatchBody = z.union([named.jobSpec, olderDispatchSchema.meta({ id: 'OlderDispatch' })]);

const listQuery = z.strictObject({
  service: z.string().min(1).max(63).optional(),
  provider: z.string().min(1).max(63).optional(),
  status: z.enum(jobStates).optional(),
  limit: pageLimit(1, 200).default(50),
  offset: pageLimit(0, mostOffset).default(0),
});
const listAnswer = z.object({ items: z.array(olderJobSchema), nextOffset: z.number().int().nullable() });

async function list(context: Context<unknown, z.output<typeof listQuery>, unknown>): Promise<Reply> {
  const { deps, query } = context;
  const { service, provider, status, limit, offset } = query;
  const page = await deps.store.jobs.list({
    ...{ projectId: context.principal().projectId, limit, offset },
    ...(service === undefined ? {} : { service }),
    ...(provider === undefined ? {} : { namedProvider: provider }),
    ...(status === undefined ? {} : { states: [status] }),
  });
  const next = offset + page.items.length;
  const hasNext = page.nextCursor !== null && next <= mostOffset;
  return ok({ items: (await viewsOfJobs(deps, page.items)).map(olderJob), nextOffset: hasNext ? next : null });
}

/** Routes of an earlier platform; each translates to a route of `jobs`. */
export function olderTrainingRoutes(): readonly Route[] {
  const common = { tag: 'jobs', deprecated: true } as const;
  return [
    route({
      ...common,
      method: 'post',
      path: '/api/v1/training/dispatch',
      permission: 'write',
      summary: 'Submit a training job (older path)',
      bodyKind: 'bytes',
      bodyTypes: ['application/json'],
      body: dispatchBody as unknown as z.ZodType<Buffer>,
      idempotent: true,
      answers: { 202: { description: 'Accepted', schema: olderJobSchema } },
      handle: dispatch,
    }),
    route({
      ...common,
      method: 'get',
      path: '/api/v1/training/jobs',
      permission: 'read',
      summary: 'List jobs, newest first (older path)',
      query: listQuery,
      answers: { 200: { description: 'One page', schema: listAnswer } },
      handle: list,
    }),
    // Behind the list: its path would match here as an id.
    route({
      ...common,
      method: 'get',
      path: '/api/v1/training/{id}',
      permission: 'read',
      summary: 'One job (older path)',
      params: jobIdParam,
      answers: { 200: { description: 'The job', schema: olderJobSchema } },
      handle: async (context) => {
        const views = await viewsOfJobs(context.deps, [await jobOf(context, context.params.id)]);
        return ok(views.map(olderJob)[0]);
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/api/v1/training/{id}/cancel',
      permission: 'write',
      summary: 'Ask for the end of a job (older path)',
      params: jobIdParam,
      idempotent: true,
      answers: { 202: { description: 'The job is being cancelled', schema: olderJobSchema } },
      handle: (context) => acceptCancel(context, olderJob),
    }),
  ];
}
