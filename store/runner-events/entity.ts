import { defineEntity, p } from '@mikro-orm/core';
import type { WorkflowEvent } from '../types.ts';

/**
 * Events of a runner, and whether its workflow has received them. A row without an event records that something was
 * reported once.
 */
export const runnerEvents = defineEntity({
  name: 'RunnerEvent',
  tableName: 'runner_events',
  primaryKeys: ['attemptId', 'eventId'],
  indexes: [{ name: 'runner_events_undelivered', properties: ['tries', 'position'], where: 'delivered_at is null' }],
  properties: {
    attemptId: p.text().primary(),
    eventId: p.text().primary(),
    receivedAt: p.datetime(3),
    /** Order of arrival. */
    position: p.bigint().autoincrement(),
    event: p.json().$type<WorkflowEvent>().nullable(),
    /** Number of failed deliveries. */
    tries: p.integer().default(0),
    deliveredAt: p.datetime(3).nullable(),
  },
});
