import { attemptStates, type AttemptEnding } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { Offer } from '../../core/failover/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import { stopReasons } from '../../core/jobs/stop-reasons.ts';
import { jobs } from '../jobs/entity.ts';

export const attempts = defineEntity({
  name: 'Attempt',
  tableName: 'attempts',
  uniques: [
    { name: 'attempts_by_job', properties: ['jobId', 'attempt'] },
    { name: 'attempts_by_token_hash', properties: ['tokenHash'] },
  ],
  indexes: [
    { name: 'attempts_ended', properties: ['endedAt'] },
    {
      name: 'attempts_refused',
      properties: ['terminateRefusedAt'],
      where: 'terminate_refused_at is not null',
    },
    {
      name: 'attempts_not_over',
      properties: ['createdAt', 'id'],
      where: 'ended_at is null or termination_confirmed_at is null',
    },
  ],
  properties: {
    id: p.text().primary(),
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false),
    attempt: p.integer(),
    offer: p.json<Offer>(),
    reason: p.text(),
    launch: p.integer().default(1),
    state: p.enum(attemptStates),
    handle: p.json<InstanceRef>().nullable(),
    tokenHash: p.text().nullable(),
    stopRequested: p.enum(stopReasons).nullable(),
    ending: p.json<AttemptEnding>().nullable(),
    restoredFrom: p.text().nullable(),
    createdAt: p.datetime(3),
    launchedAt: p.datetime(3).nullable(),
    instanceSince: p.datetime(3).nullable(),
    machine: p.text().nullable(),
    helloAt: p.datetime(3).nullable(),
    runningAt: p.datetime(3).nullable(),
    lastHeartbeatAt: p.datetime(3).nullable(),
    deliveryMovedBytes: p.bigint().nullable(),
    deliveryMovedAt: p.datetime(3).nullable(),
    runnerOverAt: p.datetime(3).nullable(),
    noticedAt: p.datetime(3).nullable(),
    noticeDeadlineAt: p.datetime(3).nullable(),
    releasedAt: p.datetime(3).nullable(),
    endedAt: p.datetime(3).nullable(),
    launchTriedAt: p.datetime(3).nullable(),
    launchedBy: p.text().nullable(),
    launchLeaseUntil: p.datetime(3).nullable(),
    traceparent: p.text().nullable(),
    terminateTriedAt: p.datetime(3).nullable(),
    terminateRefusedAt: p.datetime(3).nullable(),
    terminateRefusals: p.integer().default(0),
    terminateError: p.text().nullable(),
    unlistedAt: p.datetime(3).nullable(),
    terminationConfirmedAt: p.datetime(3).nullable(),
    unwatchedAt: p.datetime(3).nullable(),
    billedFrom: p.datetime(3).nullable(),
    billedUntil: p.datetime(3).nullable(),
  },
});
