import { defineEntity, p } from '@mikro-orm/core';
import type { StreamName } from '../types.ts';

/** Received bytes of each of an attempt's streams, and the bytes of its log that are in no object yet. */
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
    /** Kept metric points of the stream. */
    points: p.bigint().defaultRaw('0'),
    tailBytes: p.bigint().defaultRaw('0'),
    /** When the tail's oldest byte arrived; null without a tail. */
    tailSince: p.datetime(3).nullable(),
    /** A lease: only this process moves the log's bytes into objects. */
    packedBy: p.text().nullable(),
    packedUntil: p.datetime(3).nullable(),
    /** When the whole log became a single object. */
    settledAt: p.datetime(3).nullable(),
  },
});
