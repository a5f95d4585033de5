import { defineEntity, p } from '@mikro-orm/core';
import type { FailoverAction } from '../../core/failover/types.ts';
import { jobs } from '../jobs/entity.ts';

export const decisions = defineEntity({
  name: 'Decision',
  tableName: 'decisions',
  primaryKeys: ['jobId', 'decision'],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    decision: p.integer().primary(),
    policyVersion: p.text(),
    inputs: p.json<unknown>(),
    action: p.json<FailoverAction>(),
    decidedAt: p.datetime(3),
  },
});
