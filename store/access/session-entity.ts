import { defineEntity, p } from '@mikro-orm/core';
import { apiKeys } from './api-key-entity.ts';

export const signInLinks = defineEntity({
  name: 'SignInLink',
  tableName: 'sign_in_links',
  properties: {
    tokenHash: p.text().primary(),
    apiKeyId: p.manyToOne(apiKeys).mapToPk().joinColumn('api_key_id').index(false),
    expiresAt: p.datetime(3),
    usedAt: p.datetime(3).nullable(),
    /** The session that made the link; the link ends with it. Null when an API key made it. */
    sessionHash: p.text().nullable(),
  },
});

export const sessions = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    tokenHash: p.text().primary(),
    apiKeyId: p.manyToOne(apiKeys).mapToPk().joinColumn('api_key_id').index(false),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    revokedAt: p.datetime(3).nullable(),
    /** The session whose link opened this one; this session ends with it. */
    parentHash: p.text().nullable(),
  },
});
