import { defineEntity, p } from '@mikro-orm/core';

/**
 * A row for each window of an attempt, with all its series: a job-day has at most about 1,500 rows. `names` and the
 * columns of values belong together by place.
 */
export const systemMetrics = defineEntity({
  name: 'SystemMetric',
  tableName: 'system_metrics',
  primaryKeys: ['jobId', 'attempt', 'at'],
  properties: {
    jobId: p.text().collation('C').primary(),
    attempt: p.integer().primary(),
    /** End of the window, by the clock of its machine. */
    at: p.datetime(3).primary(),
    seconds: p.integer(),
    names: p.array(),
    least: p.array().columnType('real[]').$type<number[]>(),
    mean: p.array().columnType('real[]').$type<number[]>(),
    greatest: p.array().columnType('real[]').$type<number[]>(),
  },
});
