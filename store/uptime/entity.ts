import { defineEntity, p } from '@mikro-orm/core';

/** A single row with id 1. */
export const apiUptime = defineEntity({
  name: 'ApiUptime',
  tableName: 'api_uptime',
  properties: {
    id: p.integer().primary().autoincrement(false),
    goodSince: p.datetime(3),
    goodUntil: p.datetime(3),
  },
});
