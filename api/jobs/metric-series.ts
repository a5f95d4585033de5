import type { MetricSeries } from '@artenic/core';
import { mustReload } from '../../core/metrics/follow.ts';
import type { ApiDeps } from '../deps.ts';
import { metricView } from './views.ts';

export type SeriesQuery = {
  readonly jobId: string;
  readonly names?: readonly string[];
  readonly limit: number;
};

/**
 * The series as drawn. Points that arrive during the read are sent again by a read from `nextAfter`, so none is missed.
 */
export async function readSeries({ store }: ApiDeps, query: SeriesQuery): Promise<MetricSeries> {
  const newest = await store.metrics.newest(query.jobId);
  const rows = await store.metrics.series(query);
  return { items: rows.map(metricView), nextAfter: Number(newest?.id ?? 0), reload: false };
}

/**
 * Points behind `after`, for a client that has the series up to it. The newest id is read first, so all ids up to it
 * are present.
 */
export async function followSeries(
  { store }: ApiDeps,
  query: SeriesQuery & { readonly after: number },
): Promise<MetricSeries> {
  const { limit } = query;
  const after = BigInt(query.after);
  const newest = await store.metrics.newest(query.jobId);
  const until = newest?.id ?? 0n;
  const points = until > after ? await store.metrics.after({ ...query, after, until, limit: limit + 1 }) : [];
  const reload = mustReload({ after, newest, points, limit });
  return { items: reload ? [] : points.map(metricView), nextAfter: Number(until), reload };
}
