import { isTerminalJobState, jobViewSchema, mostCancelled, pageSchema, type JobFilter } from '@artenic/core';
import { callApi } from '../../lib/api.ts';
import { queryOfJobs, statesOfGroup } from '../../lib/queries.ts';
import type { Chosen } from './use-selection.ts';

const jobPage = pageSchema(jobViewSchema);
const pageSize = 200;

export type OpenJobs = {
  readonly jobs: readonly Chosen[];
  /** There are more than one request can cancel; `jobs` are the newest of them. */
  readonly isCut: boolean;
};

/** All open jobs that a filter finds, as many as one request can cancel. */
export async function readOpenJobs(filter: JobFilter, signal?: AbortSignal): Promise<OpenJobs> {
  const wanted = filter.state === undefined ? (statesOfGroup.active ?? []) : [filter.state].flat();
  const state = wanted.filter((one) => !isTerminalJobState(one));
  const jobs: Chosen[] = [];
  if (state.length === 0) return { jobs, isCut: false };
  for (let cursor: string | undefined; ;) {
    const query = { ...queryOfJobs({ ...filter, state }), limit: pageSize, cursor };
    const page: { items: readonly Chosen[]; nextCursor: string | null } = await callApi('/api/v1/jobs', jobPage, {
      query,
      ...(signal === undefined ? {} : { signal }),
    });
    jobs.push(...page.items);
    if (jobs.length >= mostCancelled) {
      return { jobs: jobs.slice(0, mostCancelled), isCut: jobs.length > mostCancelled || page.nextCursor !== null };
    }
    if (page.nextCursor === null) return { jobs, isCut: false };
    cursor = page.nextCursor;
  }
}
