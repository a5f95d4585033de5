import type { JobView } from '@artenic/core';
import { csvRow, type CsvValue } from '../../core/csv.ts';
import type { JobsQuery } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { viewsOfJobs } from './views-of-jobs.ts';

const pageSize = 200;

const columns: readonly (readonly [name: string, of: (job: JobView) => CsvValue])[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['service', ({ service }) => service],
  ['model', ({ model }) => model],
  ['state', ({ state }) => state],
  ['message', ({ message }) => message],
  [
    'labels',
    ({ labels }) =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
  ],
  ['provider', ({ provider }) => provider],
  ['market', ({ market }) => market],
  ['attempts', ({ currentAttempt }) => currentAttempt],
  ['progress', ({ progress }) => progress],
  ['cost_usd', ({ cost }) => cost.usdMicros / 1_000_000],
  ['best_metric', ({ bestMetric }) => bestMetric?.name ?? null],
  ['best_value', ({ bestMetric }) => bestMetric?.value ?? null],
  ['best_step', ({ bestMetric }) => bestMetric?.step ?? null],
  ['registered_model', ({ result }) => result?.model ?? null],
  ['registered_version', ({ result }) => result?.version ?? null],
  ['submitted_by', ({ createdBy }) => createdBy],
  ['submitted_at', ({ createdAt }) => createdAt],
  ['started_at', ({ startedAt }) => startedAt],
  ['finished_at', ({ finishedAt }) => finishedAt],
];

/** The list as CSV, page by page, with at most `query.limit` jobs. */
export async function* csvOfJobs(
  deps: Pick<ApiDeps, 'store' | 'now' | 'runner'>,
  query: Omit<JobsQuery, 'cursor' | 'offset'>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvRow(columns.map(([name]) => name)));
  let left = query.limit;
  for (let cursor: string | undefined; left > 0;) {
    const limit = Math.min(left, pageSize);
    const page = await deps.store.jobs.list({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    const views = await viewsOfJobs(deps, page.items);
    yield Buffer.from(views.map((job) => csvRow(columns.map(([, of]) => of(job)))).join(''));
    if (page.nextCursor === null) return;
    left -= limit;
    cursor = page.nextCursor;
  }
}
