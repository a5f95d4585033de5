import { defineEntity, p } from '@mikro-orm/core';

/**
 * In partitions by weeks of their job's submission, with which its id begins. The primary key serves who follows a job; `metric_points_series` serves charts, and holds the value so that thinning
 * reads the index alone.
 */
export const metricPoints = defineEntity({
  name: 'MetricPoint',
  tableName: 'metric_points',
  primaryKeys: ['jobId', 'id'],
  indexes: [
    {
      name: 'metric_points_series',
      properties: ['jobId', 'name', 'attempt', 'step', 'id'],
      include: ['value'],
    },
  ],
  properties: {
    jobId: p.text().collation('C').primary(),
    id: p.bigint().primary().autoincrement(),
    attempt: p.integer(),
    name: p.text(),
    step: p.bigint(),
    epoch: p.double().$type<number>().nullable(),
    time: p.datetime(3),
    value: p.double().$type<number>(),
  },
});

/** One row for each metric of each attempt, kept with its points: what there is costs no look at the points. */
export const metricSeries = defineEntity({
  name: 'MetricSeries',
  tableName: 'metric_series',
  primaryKeys: ['jobId', 'attempt', 'name'],
  properties: {
    jobId: p.text().collation('C').primary(),
    attempt: p.integer().primary(),
    name: p.text().primary(),
    points: p.bigint(),
    firstStep: p.bigint(),
    /** The point that came first. */
    firstId: p.bigint(),
  },
});

/**
 * So many points of a series one after the other, as they came, and those of them that a line needs: the first and the
 * last by step, the least, the greatest, and the first that is not finite.
 */
export const metricBlocks = defineEntity({
  name: 'MetricBlock',
  tableName: 'metric_blocks',
  primaryKeys: ['jobId', 'attempt', 'name', 'size', 'block'],
  properties: {
    jobId: p.text().collation('C').primary(),
    attempt: p.integer().primary(),
    name: p.text().primary(),
    size: p.integer().primary(),
    block: p.integer().primary(),
    points: p.integer(),
    firstStep: p.bigint(),
    firstId: p.bigint(),
    lastStep: p.bigint(),
    lastId: p.bigint(),
    leastValue: p.double().$type<number>().nullable(),
    leastId: p.bigint().nullable(),
    greatestValue: p.double().$type<number>().nullable(),
    greatestId: p.bigint().nullable(),
    nonFiniteId: p.bigint().nullable(),
  },
});
