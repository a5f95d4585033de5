import {
  cancelJobsAnswerSchema,
  cancelJobsRequestSchema,
  defaultJobSort,
  jobFilterFields,
  jobSorts,
  mostCancelled,
} from '@artenic/core';
import { z } from 'zod';
import { cancelJobs } from '../../../app/jobs/cancel.ts';
import { ArtenicError } from '../../../core/errors.ts';
import type { JobsFilter } from '../../../store/types.ts';
import type { ApiDeps } from '../../deps.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { csvOfJobs } from '../../jobs/csv.ts';
import { filterOf } from '../../jobs/filter.ts';
import { pageLimit } from '../../schemas.ts';

const mostRows = 10_000;
const pageSize = 200;

/** Ids of open jobs, newest first; one more than may be cancelled when there are more. */
async function openJobs({ store }: ApiDeps, filter: JobsFilter): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ids.length <= mostCancelled;) {
    const query = { ...filter, isOpen: true, limit: pageSize } as const;
    const page = await store.jobs.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return ids;
}

async function expectedJobs(deps: ApiDeps, filter: JobsFilter, expected: number): Promise<readonly string[]> {
  const ids = await openJobs(deps, filter);
  if (ids.length === expected) return ids;
  const found = ids.length > mostCancelled ? `More than ${mostCancelled}` : String(ids.length);
  throw new ArtenicError(
    'conflict',
    `${found} open jobs match the filter, not ${expected}, so no job was cancelled. List the jobs again and repeat with their number.`,
  );
}

async function cancel({
  deps,
  body,
  principal,
}: Context<unknown, unknown, z.output<typeof cancelJobsRequestSchema>>): Promise<Reply> {
  const caller = principal();
  const ids =
    'ids' in body
      ? [...new Set(body.ids.map((id) => id.toLowerCase()))]
      : await expectedJobs(deps, filterOf(caller.projectId, body.filter), body.expected);
  const { requested, refused } = await cancelJobs(deps, caller, ids);
  return ok({
    requested: requested.map(({ id, name, state }) => ({ id, name, state })),
    refused: refused.map(({ jobId, type, message }) => ({ id: jobId, type, detail: message })),
  });
}

/** Routes for all jobs that a filter finds. */
export function manyJobsRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/jobs/cancel',
      permission: 'write',
      tag: 'jobs',
      summary: 'Cancel many jobs: by ids, or all open jobs that match a filter',
      body: cancelJobsRequestSchema,
      idempotent: true,
      answers: {
        200: {
          description: 'Jobs that are being cancelled, and ids that were refused',
          schema: cancelJobsAnswerSchema,
        },
      },
      handle: cancel,
    }),
    route({
      method: 'get',
      path: '/api/v1/jobs.csv',
      permission: 'read',
      tag: 'jobs',
      summary: 'The list of jobs as CSV',
      query: z.strictObject({
        ...jobFilterFields,
        sort: z.enum(jobSorts).default(defaultJobSort),
        limit: pageLimit(1, mostRows).default(mostRows).meta({ description: 'Most rows.' }),
      }),
      answers: { 200: { description: 'A row for each job', type: 'text/csv' } },
      handle: ({ deps, query, principal }) => {
        const { sort, limit, ...filter } = query;
        return Promise.resolve({
          status: 200,
          stream: csvOfJobs(deps, { ...filterOf(principal().projectId, filter), sort, limit }),
          headers: {
            'content-type': 'text/csv; charset=utf-8',
            'content-disposition': 'attachment; filename="jobs.csv"',
          },
        });
      },
    }),
  ];
}
