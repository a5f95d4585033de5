import { defineEntity, p } from '@mikro-orm/core';

/** Kinds that the activity list shows to people; they have their own index. */
export const activityKinds = [
  ...(['job.state', 'model.version', 'model.stage', 'instance.unresolved', 'instance.resolved'] as const),
] as const;

/**
 * Events for clients, in weekly partitions by `at`. `id` is assigned at insert and has gaps; `sequence` is assigned
 * after commit and has none.
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
    /** The event's project; null for an event that concerns every project. */
    projectId: p.text().nullable(),
    /** The principal that wrote the event. */
    principal: p.text().nullable(),
    topic: p.text(),
    kind: p.text(),
    subject: p.text(),
    data: p.json<Readonly<Record<string, unknown>>>(),
    at: p.datetime(3).primary().defaultRaw('clock_timestamp()'),
  },
});

/** A single row with the last assigned number. Partitions are dropped, but numbers are never used again. */
export const eventCounter = defineEntity({
  name: 'EventCounter',
  tableName: 'event_counter',
  properties: { name: p.text().primary(), lastSequence: p.bigint() },
});
