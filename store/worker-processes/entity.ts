import { defineEntity, p } from '@mikro-orm/core';
import type { TemporalProblem } from './types.ts';

export const workers = defineEntity({
  name: 'WorkerProcess',
  tableName: 'workers',
  properties: {
    id: p.text().primary(),
    queues: p.json<readonly string[]>(),
    temporalProblems: p.json<readonly TemporalProblem[]>().defaultRaw("'[]'"),
    startedAt: p.datetime(3),
    seenAt: p.datetime(3),
  },
});
