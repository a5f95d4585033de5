import { defineEntity, p } from '@mikro-orm/core';

/** The outbox. `id` is given at insert and has holes; `sequence` is given after commit and has none. */
export const events = defineEntity({
  name: 'Event',
  tableName: 'events',
  indexes: [{ name: 'events_without_sequence', properties: ['id'], where: 'sequence is null' }],
  properties: {
    id: p.bigint().primary().autoincrement(),
    sequence: p.bigint().unique('events_sequence').nullable(),
    /** Whose event it is; null for what concerns every project. */
    projectId: p.text().nullable(),
    topic: p.text(),
    kind: p.text(),
    subject: p.text(),
    data: p.json<Readonly<Record<string, unknown>>>(),
    at: p.datetime(3).defaultRaw('clock_timestamp()'),
  },
});
