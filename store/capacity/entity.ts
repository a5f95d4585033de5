import { defineEntity, p } from '@mikro-orm/core';

export const capacityClaims = defineEntity({
  name: 'CapacityClaim',
  tableName: 'capacity_claims',
  indexes: [
    {
      name: 'capacity_claims_queue',
      expression:
        'create index capacity_claims_queue on capacity_claims (provider, (-priority), submitted_at_ms, attempt_id) where granted_at is null',
    },
    { name: 'capacity_claims_granted', properties: ['provider'], where: 'granted_at is not null' },
  ],
  properties: {
    attemptId: p.text().primary(),
    provider: p.text(),
    vcpu: p.double().$type<number>(),
    memoryGib: p.double().$type<number>(),
    gpus: p.integer(),
    priority: p.integer(),
    submittedAtMs: p.bigint(),
    grantedAt: p.datetime(3).nullable(),
    /** When the attempt was last signalled that its claim is granted. */
    wokenAt: p.datetime(3).nullable(),
  },
});
