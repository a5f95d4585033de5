import { defineEntity, p } from '@mikro-orm/core';

/** Number of jobs that ended on a day, for past days. */
export const jobDays = defineEntity({
  name: 'JobDay',
  tableName: 'job_days',
  primaryKeys: ['day', 'projectId', 'state'],
  properties: {
    day: p.date().primary(),
    projectId: p.text().primary(),
    state: p.text().primary(),
    jobs: p.integer(),
  },
});

/** The newest price that an attempt was launched for, one row for each provider. */
export const providerPrices = defineEntity({
  name: 'ProviderPrice',
  tableName: 'provider_prices',
  properties: { provider: p.text().primary(), pricedAt: p.datetime(3) },
});
