import { defineEntity, p } from '@mikro-orm/core';
import { strayReasons } from '@artenic/core';
import type { SweepFindings } from '../types.ts';

export const strayInstances = defineEntity({
  name: 'StrayInstance',
  tableName: 'stray_instances',
  indexes: [{ name: 'stray_instances_open', properties: ['provider', 'since'], where: 'resolved_at is null' }],
  properties: {
    provider: p.text().primary(),
    instanceId: p.text().primary(),
    attemptId: p.text(),
    region: p.text(),
    reason: p.enum(strayReasons),
    since: p.datetime(3),
    dueAt: p.datetime(3).nullable(),
    priceUsdMicrosPerHour: p.bigint().nullable(),
    tries: p.integer().default(0),
    lastTriedAt: p.datetime(3).nullable(),
    lastError: p.text().nullable(),
    retryAskedAt: p.datetime(3).nullable(),
    toldAt: p.datetime(3).nullable(),
    resolvedAt: p.datetime(3).nullable(),
  },
});

export const providerSweeps = defineEntity({
  name: 'ProviderSweep',
  tableName: 'provider_sweeps',
  properties: {
    provider: p.text().primary(),
    startedAt: p.datetime(3),
    finishedAt: p.datetime(3),
    succeededAt: p.datetime(3).nullable(),
    error: p.text().nullable(),
    findings: p.json<SweepFindings>().nullable(),
  },
});
