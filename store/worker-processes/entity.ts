import { defineEntity, p } from '@mikro-orm/core';

export const workers = defineEntity({
  name: 'WorkerProcess',
  tableName: 'workers',
  properties: {
    id: p.text().primary(),
    queues: p.json<readonly string[]>(),
    startedAt: p.datetime(3),
    seenAt: p.datetime(3),
  },
});
