import { defineEntity, p } from '@mikro-orm/core';

export const capacityClaims = defineEntity({
  name: 'CapacityClaim',
  tableName: 'capacity_claims',
  indexes: [{ name: 'capacity_claims_by_provider', properties: ['provider'] }],
  properties: {
    attemptId: p.text().primary(),
    provider: p.text(),
    vcpu: p.double().$type<number>(),
    memoryGib: p.double().$type<number>(),
    gpus: p.integer(),
    priority: p.integer(),
    submittedAtMs: p.bigint(),
    grantedAt: p.datetime(3).nullable(),
  },
});
