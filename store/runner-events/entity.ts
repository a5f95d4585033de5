import { defineEntity, p } from '@mikro-orm/core';
import type { WorkflowEvent } from '../types.ts';

/** What a runner has told, and whether its workflow has it. A row without an event notes that something was told once. */
export const runnerEvents = defineEntity({
  name: 'RunnerEvent',
  tableName: 'runner_events',
  primaryKeys: ['attemptId', 'eventId'],
  indexes: [{ name: 'runner_events_undelivered', properties: ['tries', 'position'], where: 'delivered_at is null' }],
  properties: {
    attemptId: p.text().primary(),
    eventId: p.text().primary(),
    receivedAt: p.datetime(3),
    /** In the order of arrival. */
    position: p.bigint().autoincrement(),
    event: p.json().$type<WorkflowEvent>().nullable(),
    /** Deliveries that failed. */
    tries: p.integer().default(0),
    deliveredAt: p.datetime(3).nullable(),
  },
});
