import { inTransaction, type Db } from '../database.ts';
import type { SessionsRepository } from '../types.ts';
import { accessEnded, appendEvent } from '../events/repository.ts';

/** Sessions that are open and whose parent is open; a missing parent has ended. */
function selectOpen(db: Db, tokenHash: string, at: Date) {
  return db
    .selectFrom('sessions')
    .innerJoin('api_keys', 'api_keys.id', 'sessions.apiKeyId')
    .leftJoin('sessions as parents', 'parents.tokenHash', 'sessions.parentHash')
    .where('sessions.tokenHash', '=', tokenHash)
    .where('sessions.revokedAt', 'is', null)
    .where('api_keys.revokedAt', 'is', null)
    .where('parents.revokedAt', 'is', null)
    .where('sessions.expiresAt', '>', at)
    .where((where) => where.or([where('sessions.parentHash', 'is', null), where('parents.expiresAt', '>', at)]));
}

export function createSessions(db: Db): SessionsRepository {
  return {
    makeLink: async (link) => {
      await db.insertInto('sign_in_links').values(link).execute();
    },
    takeLink: async (tokenHash, at) => {
      // A single statement: of two concurrent calls only one finds the link unused.
      const taken = await db
        .updateTable('sign_in_links')
        .set({ usedAt: at })
        .where('tokenHash', '=', tokenHash)
        .where('usedAt', 'is', null)
        .where('expiresAt', '>', at)
        .returning(['apiKeyId', 'sessionHash'])
        .executeTakeFirst();
      if (taken === undefined) return null;
      const isEnded =
        taken.sessionHash !== null &&
        (await selectOpen(db, taken.sessionHash, at).select('sessions.tokenHash').executeTakeFirst()) === undefined;
      return isEnded ? null : taken;
    },
    open: async (session) => {
      await db.insertInto('sessions').values(session).execute();
    },
    find: async (tokenHash, at) =>
      (await selectOpen(db, tokenHash, at)
        .select(['api_keys.id', 'api_keys.name', 'api_keys.projectId', 'sessions.expiresAt', 'sessions.parentHash'])
        .executeTakeFirst()) ?? null,
    revoke: (tokenHash, at) =>
      inTransaction(db, async (transaction) => {
        await transaction
          .updateTable('sessions')
          .set({ revokedAt: at })
          .where('tokenHash', '=', tokenHash)
          .where('revokedAt', 'is', null)
          .execute();
        await appendEvent(transaction, accessEnded);
      }),
    purge: async (expiredBefore) => {
      await db.deleteFrom('sign_in_links').where('expiresAt', '<', expiredBefore).execute();
      await db.deleteFrom('sessions').where('expiresAt', '<', expiredBefore).execute();
    },
  };
}
