import { attemptStates, type AttemptEnding } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { Offer } from '../../core/failover/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import { jobs } from './jobs.ts';

export const attempts = defineEntity({
  name: 'Attempt',
  tableName: 'attempts',
  uniques: [
    { name: 'attempts_by_job', properties: ['jobId', 'attempt'] },
    { name: 'attempts_by_token_hash', properties: ['tokenHash'] },
  ],
  properties: {
    id: p.text().primary(),
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false),
    attempt: p.integer(),
    offer: p.json<Offer>(),
    reason: p.text(),
    state: p.enum(attemptStates),
    handle: p.json<InstanceRef>().nullable(),
    tokenHash: p.text().nullable(),
    stopRequested: p.enum(['cancelled', 'max-hours']).nullable(),
    ending: p.json<AttemptEnding>().nullable(),
    restoredFrom: p.text().nullable(),
    createdAt: p.datetime(3),
    launchedAt: p.datetime(3).nullable(),
    helloAt: p.datetime(3).nullable(),
    runningAt: p.datetime(3).nullable(),
    lastHeartbeatAt: p.datetime(3).nullable(),
    endedAt: p.datetime(3).nullable(),
  },
});
