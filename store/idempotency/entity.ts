import { defineEntity, p } from '@mikro-orm/core';
import type { StoredResponse } from '../types.ts';

export const idempotencyKeys = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  primaryKeys: ['principalId', 'key'],
  indexes: [{ name: 'idempotency_keys_oldest', properties: ['createdAt'] }],
  properties: {
    principalId: p.text().primary(),
    key: p.text().primary(),
    route: p.text(),
    bodySha256: p.text(),
    createdAt: p.datetime(3),
    lockedUntil: p.datetime(3),
    /** `json`, not `jsonb`: the fields of a replayed body keep their order. */
    response: p.json<StoredResponse>().columnType('json').nullable(),
  },
});
