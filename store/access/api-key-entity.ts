import { defineEntity, p } from '@mikro-orm/core';

export const apiKeys = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    secretHash: p.text(),
    role: p.enum(['admin']),
    projectId: p.text(),
    createdAt: p.datetime(3),
    revokedAt: p.datetime(3).nullable(),
  },
});
