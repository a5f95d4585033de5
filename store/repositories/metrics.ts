import { sql } from 'kysely';
import { inTransaction, lock, type Db } from '../database.ts';
import type { MetricRow, MetricsRepository } from '../types.ts';
import { afterQuery, latestQuery, seriesQuery, type PointRow } from './metric-queries.ts';

function toRow(row: PointRow): MetricRow {
  const { jobId, attempt, name, epoch, time, value } = row;
  return { jobId, attempt, name, step: Number(row.step), epoch, time, value };
}

async function insert(db: Db, points: readonly MetricRow[]): Promise<void> {
  if (points.length === 0) return;
  const jobIds = [...new Set(points.map(({ jobId }) => jobId))].toSorted();
  const column = <K extends keyof MetricRow>(name: K): MetricRow[K][] => points.map((point) => point[name]);
  await inTransaction(db, async (transaction) => {
    // Ids become visible in their order, so that who follows by id skips none.
    for (const jobId of jobIds) await lock(transaction, `metric-points:${jobId}`);
    await sql`
      insert into metric_points (job_id, attempt, name, step, epoch, time, value)
      select * from unnest(
        ${column('jobId')}::text[], ${column('attempt')}::int[], ${column('name')}::text[], ${column('step')}::bigint[],
        ${column('epoch')}::float8[], ${column('time')}::timestamptz[], ${column('value')}::float8[]
      )`.execute(transaction);
  });
}

export function createMetrics(db: Db): MetricsRepository {
  return {
    insert: (points) => insert(db, points),
    series: async (query) => (await seriesQuery(query).execute(db)).rows.map(toRow),
    after: async (jobId, afterId, limit) => {
      const { rows } = await afterQuery(jobId, afterId, limit).execute(db);
      return rows.map((row) => ({ ...toRow(row), id: row.id }));
    },
    latest: async (jobId) => {
      const { rows } = await latestQuery(jobId).execute(db);
      return new Map(rows.map(({ name, value }) => [name, value]));
    },
  };
}
