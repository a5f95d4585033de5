import { defineEntity, p } from '@mikro-orm/core';
import { providerProblems } from '@artenic/core';
import type { ProviderRecord } from '../types.ts';

export const providers = defineEntity({
  name: 'Provider',
  tableName: 'providers',
  properties: {
    name: p.text().primary(),
    usable: p.boolean(),
    message: p.text(),
    capabilities: p.json<ProviderRecord['capabilities']>(),
    capacity: p.json<NonNullable<ProviderRecord['capacity']>>().nullable(),
    checkedAt: p.datetime(3),
    unusableSince: p.datetime(3).nullable(),
    problem: p.enum(providerProblems).nullable(),
    clockSkewMs: p.double().$type<number>().nullable(),
  },
});
