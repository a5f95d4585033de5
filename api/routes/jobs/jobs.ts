import {
  cancelJobRequestSchema,
  decisionViewSchema,
  defaultJobSort,
  jobFilterFields,
  jobSorts,
  launchRefusalViewSchema,
  pageSchema,
} from '@artenic/core';
import { z } from 'zod';
import { acceptCancel, acceptJob } from '../../jobs/accept.ts';
import { filterOf } from '../../jobs/filter.ts';
import { jobOf } from '../../jobs/job-of.ts';
import { decodeText, mediaTypeOf } from '../../middleware/body.ts';
import { readSpec } from '../../jobs/read-spec.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { given, jobIdParam, longPageQuery, pageQuery, named } from '../../schemas.ts';
import { attemptView, decisionView, launchRefusalView } from '../../jobs/views.ts';
import { viewsOfJobs } from '../../jobs/views-of-jobs.ts';

const jobTypes = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml'] as const;

function submit(context: Context<unknown, unknown, Buffer>): Promise<Reply> {
  return acceptJob(context, readSpec(decodeText(context.body), mediaTypeOf(context.request)), (job) => job);
}

const listQuery = z.strictObject({
  ...pageQuery,
  ...jobFilterFields,
  /** States in one text, separated by commas; `state` takes precedence. */
  states: jobFilterFields.state,
  sort: z.enum(jobSorts).default(defaultJobSort).meta({
    description: 'Order; `-` is descending. Costs of running jobs are as of the last minute.',
  }),
});

export function jobRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/jobs',
      permission: 'write',
      tag: 'jobs',
      summary: 'Submit a training job',
      bodyKind: 'bytes',
      bodyTypes: [...jobTypes],
      body: named.jobSpec as unknown as z.ZodType<Buffer>,
      idempotent: true,
      answers: { 202: { description: 'Accepted', schema: named.job } },
      handle: submit,
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs',
      permission: 'read',
      tag: 'jobs',
      summary: 'List jobs by filters, in an order',
      query: listQuery,
      answers: { 200: { description: 'One page', schema: pageSchema(named.job) } },
      handle: async ({ deps, query, principal }) => {
        const { cursor, limit, sort, states, ...filter } = query;
        const page = await deps.store.jobs.list({
          ...filterOf(principal().projectId, { ...filter, state: filter.state ?? states }),
          ...{ ...given({ cursor, limit }), sort },
        });
        return ok({ items: await viewsOfJobs(deps, page.items), nextCursor: page.nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}',
      permission: 'read',
      tag: 'jobs',
      summary: 'One job',
      params: jobIdParam,
      answers: { 200: { description: 'The job', schema: named.job } },
      handle: async (context) => ok((await viewsOfJobs(context.deps, [await jobOf(context, context.params.id)]))[0]),
    }),
    route({
      method: 'post',
      path: '/api/v1/jobs/{id}/cancel',
      permission: 'write',
      tag: 'jobs',
      summary: 'Ask for the end of a job',
      params: jobIdParam,
      body: cancelJobRequestSchema,
      idempotent: true,
      answers: { 202: { description: 'The job is being cancelled', schema: named.job } },
      handle: (context) => acceptCancel(context, (job) => job, context.body.now),
    }),
    ...historyRoutes(),
  ];
}

/** Routes for a job's history. */
function historyRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/attempts',
      permission: 'read',
      tag: 'jobs',
      summary: 'Attempts of a job, oldest first',
      params: jobIdParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.attempt) } },
      handle: async (context) => {
        const { deps, params, query } = context;
        await jobOf(context, params.id);
        const page = await deps.store.attempts.page({ jobId: params.id, ...given(query) });
        const numbers = page.items.map(({ attempt }) => attempt);
        const checkpoints = await deps.store.checkpoints.summaries(params.id, numbers);
        const of = (attempt: number) =>
          checkpoints
            .filter((one) => one.attempt === attempt)
            .map(({ sequence, name, createdAt }) => ({ sequence, name, createdAt }));
        const items = page.items.map((attempt) => attemptView(attempt, of(attempt.attempt), deps.now()));
        return ok({ items, nextCursor: page.nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/decisions',
      permission: 'read',
      tag: 'jobs',
      summary: 'What the failover policy decided, and why',
      params: jobIdParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(decisionViewSchema) } },
      handle: async (context) => {
        const { deps, params, query } = context;
        await jobOf(context, params.id);
        const page = await deps.store.decisions.page({ jobId: params.id, ...given(query) });
        return ok({ items: page.items.map(decisionView), nextCursor: page.nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs/{id}/refusals',
      permission: 'read',
      tag: 'jobs',
      summary: 'Offers whose launch was refused, one row each',
      params: jobIdParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(launchRefusalViewSchema) } },
      handle: async (context) => {
        const { deps, params, query } = context;
        await jobOf(context, params.id);
        const page = await deps.store.launchRefusals.page({ jobId: params.id, ...given(query) });
        return ok({ items: page.items.map(launchRefusalView), nextCursor: page.nextCursor });
      },
    }),
  ];
}
