import type { SignalName } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';

/** Signals of a job, one row for each event id. */
export const jobSignals = defineEntity({
  name: 'JobSignal',
  tableName: 'job_signals',
  primaryKeys: ['jobId', 'eventId'],
  indexes: [
    { name: 'job_signals_by_time', properties: ['jobId', 'receivedAt'] },
    { name: 'job_signals_undelivered', properties: ['receivedAt'], where: 'delivered_at is null' },
  ],
  properties: {
    jobId: p.text().primary(),
    eventId: p.text().primary(),
    name: p.text().$type<SignalName>(),
    attempt: p.integer(),
    occurredAt: p.datetime(3),
    deadlineAt: p.datetime(3).nullable(),
    sender: p.text(),
    receivedAt: p.datetime(3),
    deliveredAt: p.datetime(3).nullable(),
  },
});
