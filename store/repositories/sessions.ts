import type { Db } from '../database.ts';
import type { SessionsRepository } from '../types.ts';

export function createSessions(db: Db): SessionsRepository {
  return {
    makeLink: async (link) => {
      await db.insertInto('sign_in_links').values(link).execute();
    },
    takeLink: async (tokenHash, at) => {
      // One statement: of two that come at once only one finds it unused.
      const taken = await db
        .updateTable('sign_in_links')
        .set({ usedAt: at })
        .where('tokenHash', '=', tokenHash)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', at)
        .returning('apiKeyId')
        .executeTakeFirst();
      return taken?.apiKeyId ?? null;
    },
    open: async (session) => {
      await db.insertInto('sessions').values(session).execute();
    },
    find: async (tokenHash, at) =>
      (await db
        .selectFrom('sessions')
        .innerJoin('api_keys', 'api_keys.id', 'sessions.apiKeyId')
        .select(['api_keys.id', 'api_keys.name', 'api_keys.projectId', 'sessions.expiresAt'])
        .where('sessions.tokenHash', '=', tokenHash)
        .where('sessions.revokedAt', 'is', null)
        .where('api_keys.revokedAt', 'is', null)
        .where('sessions.expiresAt', '>', at)
        .executeTakeFirst()) ?? null,
    revoke: async (tokenHash, at) => {
      await db
        .updateTable('sessions')
        .set({ revokedAt: at })
        .where('tokenHash', '=', tokenHash)
        .where('revokedAt', 'is', null)
        .execute();
    },
    purge: async (expiredBefore) => {
      await db.deleteFrom('sign_in_links').where('expiresAt', '<', expiredBefore).execute();
      await db.deleteFrom('sessions').where('expiresAt', '<', expiredBefore).execute();
    },
  };
}
