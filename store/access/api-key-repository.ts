import { inTransaction, type Db } from '../database.ts';
import type { ApiKeysRepository } from '../types.ts';
import { appendAudit } from '../audit/repository.ts';
import { accessEnded, appendEvent } from '../events/repository.ts';

export function createApiKeys(db: Db): ApiKeysRepository {
  return {
    upsert: (key) =>
      inTransaction(db, async (transaction) => {
        const { id: subject, name, secretHash, projectId } = key;
        const known = await transaction
          .selectFrom('api_keys')
          .select(['name', 'secretHash'])
          .where('id', '=', subject)
          .executeTakeFirst();
        if (known?.name === name && known.secretHash === secretHash) return;
        await transaction
          .insertInto('api_keys')
          .values(key)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ name, secretHash }))
          .execute();
        const verb = known === undefined ? 'key.make' : 'key.change';
        await appendAudit(transaction, { verb, subject, projectId, details: { name } });
      }),
    find: async (id) => (await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()) ?? null,
    revoke: (id, at) =>
      inTransaction(db, async (transaction) => {
        const revoked = await transaction
          .updateTable('api_keys')
          .set({ revokedAt: at })
          .where('id', '=', id)
          .where('revokedAt', 'is', null)
          .returning('projectId')
          .executeTakeFirst();
        if (revoked !== undefined) await appendAudit(transaction, { verb: 'key.revoke', subject: id, ...revoked });
        await appendEvent(transaction, accessEnded);
      }),
  };
}
