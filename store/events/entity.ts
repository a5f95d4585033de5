import { defineEntity, p } from '@mikro-orm/core';

/** Kinds that people see as what happened; they have an index of their own. */
export const activityKinds = [
  ...(['job.state', 'model.version', 'model.stage', 'instance.unresolved', 'instance.resolved'] as const),
] as const;

/**
 * The outbox, in partitions by weeks of `at`. `id` is given at insert and has holes; `sequence` is given after commit and
 * has none.
 */
export const events = defineEntity({
  name: 'Event',
  tableName: 'events',
  primaryKeys: ['id', 'at'],
  indexes: [
    { name: 'events_by_sequence', properties: ['sequence'] },
    { name: 'events_without_sequence', properties: ['id'], where: 'sequence is null' },
    {
      name: 'events_activity',
      properties: ['sequence'],
      where: `kind in (${activityKinds.map((kind) => `'${kind}'`).join(', ')})`,
    },
  ],
  properties: {
    id: p.bigint().primary().autoincrement(),
    sequence: p.bigint().nullable(),
    /** Whose event it is; null for what concerns every project. */
    projectId: p.text().nullable(),
    /** On whose behalf it was written. */
    principal: p.text().nullable(),
    topic: p.text(),
    kind: p.text(),
    subject: p.text(),
    data: p.json<Readonly<Record<string, unknown>>>(),
    at: p.datetime(3).primary().defaultRaw('clock_timestamp()'),
  },
});

/** One row: the last number that was given. Partitions go; numbers never come again. */
export const eventCounter = defineEntity({
  name: 'EventCounter',
  tableName: 'event_counter',
  properties: { name: p.text().primary(), lastSequence: p.bigint() },
});
