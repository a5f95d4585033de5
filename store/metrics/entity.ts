import { defineEntity, p } from '@mikro-orm/core';

/**
 * In weekly partitions by the submission of their job: a job's id begins with that time. The primary key serves
 * followers of a job; `metric_points_series` serves charts, and includes the value so that thinning reads only the
 * index.
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

/**
 * A row for each metric of each attempt, kept up to date with its points, so that listing metrics reads no points.
 */
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
    /** The point that arrived first. */
    firstId: p.bigint(),
    leastValue: p.double().$type<number>().nullable(),
    leastStep: p.bigint().nullable(),
    greatestValue: p.double().$type<number>().nullable(),
    greatestStep: p.bigint().nullable(),
  },
});

/**
 * A run of consecutive points of a series in their order of arrival, with those that a chart line needs: the first and
 * the last by step, the least, the greatest, and the first that is not finite.
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
