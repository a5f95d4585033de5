import { defaultJobSort, jobSorts, markets, type JobFilter, type JobSort } from '@artenic/core';
import { z } from 'zod';
import { jobGroups, statesOfGroup } from '../../lib/queries.ts';

const text = (most: number) => z.string().min(1).max(most).optional().catch(undefined);
const day = z.iso.date().optional().catch(undefined);
const label = z
  .string()
  .max(320)
  .regex(/^[^=]{1,63}=/);

/** The whole state of the table of jobs in its address, so that a reload, a shared link and the way back restore it. */
export const jobsSearchSchema = z.object({
  show: z.enum(jobGroups).optional().catch(undefined),
  search: text(63),
  service: text(63),
  /** Each as `key=value`. */
  label: z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(label).min(1).max(16).optional())
    .catch(undefined),
  provider: text(63),
  market: z.enum(markets).optional().catch(undefined),
  by: text(255),
  /** Days in UTC; `until` is the last one. */
  since: day,
  until: day,
  sort: z.enum(jobSorts).optional().catch(undefined),
  /** Columns of a saved view or a shared link, separated by commas; without it the browser's own choice holds. */
  columns: text(600),
});
export type JobsSearch = z.output<typeof jobsSearchSchema>;

const filterNames = ['search', 'service', 'label', 'provider', 'market', 'by', 'since', 'until'] as const;
const viewNames = ['show', ...filterNames, 'sort'] as const;

export const isFiltered = (search: JobsSearch): boolean =>
  search.show !== undefined || filterNames.some((name) => search[name] !== undefined);

const dayMs = 86_400_000;

function dayAfter(date: string): string {
  return new Date(Date.parse(date) + dayMs).toISOString();
}

/** The filters as the API takes them. */
export function filterOf({ show = 'all', ...search }: JobsSearch): JobFilter {
  const states = statesOfGroup[show];
  return {
    ...(states === null ? {} : { state: states }),
    ...(search.search === undefined ? {} : { search: search.search }),
    ...(search.service === undefined ? {} : { service: search.service }),
    ...(search.label === undefined ? {} : { label: search.label }),
    ...(search.provider === undefined ? {} : { provider: search.provider }),
    ...(search.market === undefined ? {} : { market: search.market }),
    ...(search.by === undefined ? {} : { submittedBy: search.by }),
    ...(search.since === undefined ? {} : { since: `${search.since}T00:00:00.000Z` }),
    ...(search.until === undefined ? {} : { until: dayAfter(search.until) }),
  };
}

export const sortOf = ({ sort = defaultJobSort }: JobsSearch): JobSort => sort;

/** Filters and order as the query of an address, the form in which saved views are kept. */
export function viewQueryOf(search: JobsSearch): string {
  const query = new URLSearchParams();
  for (const name of viewNames) for (const value of [search[name] ?? []].flat()) query.append(name, value);
  return query.toString();
}

/** The state of the table that a saved view holds. Parts that this version does not know are left out. */
export function searchOfView(view: { readonly query: string; readonly columns: readonly string[] }): JobsSearch {
  const query = new URLSearchParams(view.query);
  const labels = query.getAll('label');
  return jobsSearchSchema.parse({
    ...Object.fromEntries(query),
    ...(labels.length === 0 ? {} : { label: labels }),
    ...(view.columns.length === 0 ? {} : { columns: view.columns.join(',') }),
  });
}
