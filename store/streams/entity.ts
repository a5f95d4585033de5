import { defineEntity, p } from '@mikro-orm/core';
import type { StreamName } from '../types.ts';

/** How many bytes of each of an attempt's streams have arrived, and how many of a log's are in no object yet. */
export const streams = defineEntity({
  name: 'Stream',
  tableName: 'streams',
  primaryKeys: ['attemptId', 'stream'],
  indexes: [
    { name: 'streams_tail', properties: ['tailSince'], where: 'tail_since is not null' },
    { name: 'streams_unsettled', properties: ['attemptId'], where: 'settled_at is null' },
  ],
  properties: {
    attemptId: p.text().primary(),
    stream: p.text().$type<StreamName>().primary(),
    nextOffset: p.bigint(),
    /** Metric points that were kept of it. */
    points: p.bigint().defaultRaw('0'),
    tailBytes: p.bigint().defaultRaw('0'),
    /** When the tail's oldest byte arrived; null while there is no tail. */
    tailSince: p.datetime(3).nullable(),
    /** A lease: that process alone moves this log's bytes into objects. */
    packedBy: p.text().nullable(),
    packedUntil: p.datetime(3).nullable(),
    /** When the whole log became one object. */
    settledAt: p.datetime(3).nullable(),
  },
});
