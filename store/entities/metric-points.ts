import { defineEntity, p } from '@mikro-orm/core';

/**
 * The primary key serves who follows a job; `metric_points_series` serves charts, and holds the value so that thinning
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
    jobId: p.text().primary(),
    id: p.bigint().primary().autoincrement(),
    attempt: p.integer(),
    name: p.text(),
    step: p.bigint(),
    epoch: p.double().$type<number>().nullable(),
    time: p.datetime(3),
    value: p.double().$type<number>(),
  },
});
