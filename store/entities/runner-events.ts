import { defineEntity, p } from '@mikro-orm/core';

/** Which events a runner has already told. */
export const runnerEvents = defineEntity({
  name: 'RunnerEvent',
  tableName: 'runner_events',
  primaryKeys: ['attemptId', 'eventId'],
  properties: {
    attemptId: p.text().primary(),
    eventId: p.text().primary(),
    receivedAt: p.datetime(3),
  },
});
