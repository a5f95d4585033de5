import { defineEntity, p } from '@mikro-orm/core';
import type { StreamName } from '../types.ts';

/** How many bytes of each of an attempt's streams have arrived. */
export const streams = defineEntity({
  name: 'Stream',
  tableName: 'streams',
  primaryKeys: ['attemptId', 'stream'],
  properties: {
    attemptId: p.text().primary(),
    stream: p.text().$type<StreamName>().primary(),
    nextOffset: p.bigint(),
  },
});
