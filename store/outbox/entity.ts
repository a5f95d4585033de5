import { defineEntity, p } from '@mikro-orm/core';
import type { JobEnded } from '../../core/jobs/ended.ts';
import type { NoticeTarget } from './types.ts';

/** Watchers of a job's end. At the end the rows become notices. */
export const jobWatchers = defineEntity({
  name: 'JobWatcher',
  tableName: 'job_watchers',
  primaryKeys: ['jobId', 'targetKind', 'target'],
  properties: {
    jobId: p.text().primary(),
    targetKind: p.text().$type<NoticeTarget['kind']>().primary(),
    target: p.text().primary(),
    createdAt: p.datetime(3),
  },
});

export const outbox = defineEntity({
  name: 'Notice',
  tableName: 'outbox',
  uniques: [{ name: 'outbox_once', properties: ['jobId', 'targetKind', 'target'] }],
  indexes: [
    { name: 'outbox_due', properties: ['nextTryAt', 'id'], where: 'delivered_at is null and given_up_at is null' },
    { name: 'outbox_by_time', properties: ['createdAt'] },
  ],
  properties: {
    id: p.bigint().primary().autoincrement(),
    jobId: p.text(),
    targetKind: p.text().$type<NoticeTarget['kind']>(),
    target: p.text(),
    ended: p.json<JobEnded>(),
    createdAt: p.datetime(3),
    /** Number of failed deliveries. */
    tries: p.integer().default(0),
    nextTryAt: p.datetime(3),
    lastError: p.text().nullable(),
    deliveredAt: p.datetime(3).nullable(),
    givenUpAt: p.datetime(3).nullable(),
  },
});
