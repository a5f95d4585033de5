import { replacedFrom, type SeriesExtremes } from '@artenic/core';
import { inTransaction, lock, type Db } from '../database.ts';
import type { MetricRow, MetricsRepository } from '../types.ts';
import { insertPoints } from './blocks.ts';
import {
  afterQuery,
  countingQuery,
  extremesQuery,
  latestQuery,
  newestQuery,
  seriesQuery,
  type PointRow,
} from './queries.ts';

function toRow(row: PointRow): MetricRow {
  const { jobId, attempt, name, epoch, time, value } = row;
  return { jobId, attempt, name, step: Number(row.step), epoch, time, value };
}

async function insert(db: Db, points: readonly MetricRow[]): Promise<void> {
  if (points.length === 0) return;
  const jobIds = [...new Set(points.map(({ jobId }) => jobId))].toSorted();
  await inTransaction(db, async (transaction) => {
    // Under this lock ids become visible in ascending order, so a reader that follows by id skips no point; the points
    // of a series are counted in the same order.
    for (const jobId of jobIds) await lock(transaction, `metric-points:${jobId}`);
    await insertPoints(points).execute(transaction);
  });
}

const newest: (db: Db) => MetricsRepository['newest'] = (db) => async (jobId) => {
  const { rows } = await newestQuery(jobId).execute(db);
  const [row] = rows;
  return row === undefined ? null : { ...row, firstStep: Number(row.firstStep) };
};

const extremes: (db: Db) => MetricsRepository['extremes'] = (db) => async (jobIds) => {
  if (jobIds.length === 0) return new Map();
  const { rows } = await extremesQuery(jobIds).execute(db);
  const whole = (step: bigint | null): number | null => (step === null ? null : Number(step));
  const series = rows.map(({ firstStep, leastStep, greatestStep, ...row }) => ({
    ...row,
    firstStep: Number(firstStep),
    leastStep: whole(leastStep),
    greatestStep: whole(greatestStep),
  }));
  return Map.groupBy(await counting(db, series), ({ jobId }) => jobId);
};

type JobExtremes = SeriesExtremes & { readonly jobId: string };

/** Extremes of the points that count: where the best one was lost with its machine, of those before. */
async function counting(db: Db, series: readonly JobExtremes[]): Promise<readonly JobExtremes[]> {
  const ofJobs = Map.groupBy(series, ({ jobId }) => jobId);
  const cut = series.map((one) => replacedFrom(ofJobs.get(one.jobId) ?? [], one.attempt));
  const isLost = (step: number | null, index: number) => step !== null && step >= (cut[index] ?? Infinity);
  const lost = series.flatMap((one, index) => {
    const { jobId, attempt, name } = one;
    if (!isLost(one.leastStep, index) && !isLost(one.greatestStep, index)) return [];
    return [{ jobId, attempt, name, before: cut[index] ?? 0, place: index }];
  });
  if (lost.length === 0) return series;
  const { rows } = await countingQuery(lost).execute(db);
  const found = new Map(rows.map(({ place, ...extremes }) => [place, extremes]));
  return series.map((one, index) => ({ ...one, ...found.get(index) }));
}

export function createMetrics(db: Db): MetricsRepository {
  return {
    insert: (points) => insert(db, points),
    series: async (query) => (await seriesQuery(query).execute(db)).rows.map(toRow),
    newest: newest(db),
    extremes: extremes(db),
    after: async (query) => {
      const { rows } = await afterQuery(query).execute(db);
      return rows.map((row) => ({ ...toRow(row), id: row.id }));
    },
    latest: async (jobId) => {
      const { rows } = await latestQuery(jobId).execute(db);
      return new Map(rows.map(({ name, value }) => [name, value]));
    },
  };
}
