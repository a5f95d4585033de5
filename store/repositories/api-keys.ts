import { inTransaction, type Db } from '../database.ts';
import type { ApiKeysRepository } from '../types.ts';
import { accessEnded, appendEvent } from './events.ts';

export function createApiKeys(db: Db): ApiKeysRepository {
  return {
    upsert: async (key) => {
      const { name, secretHash } = key;
      await db
        .insertInto('api_keys')
        .values(key)
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ name, secretHash }))
        .execute();
    },
    find: async (id) => (await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()) ?? null,
    revoke: (id, at) =>
      inTransaction(db, async (transaction) => {
        await transaction
          .updateTable('api_keys')
          .set({ revokedAt: at })
          .where('id', '=', id)
          .where('revokedAt', 'is', null)
          .execute();
        await appendEvent(transaction, accessEnded);
      }),
  };
}
