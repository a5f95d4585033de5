import { sql } from 'kysely';
import { json, type Db } from '../database.ts';
import type { ProvidersRepository } from '../types.ts';

export function createProviders(db: Db): ProvidersRepository {
  return {
    upsert: async (provider) => {
      const { name, capabilities, capacity, problem = null, clockSkewMs = null, ...plain } = provider;
      const columns = {
        ...plain,
        problem,
        clockSkewMs,
        capabilities: json(capabilities),
        capacity: capacity === null ? null : json(capacity),
      };
      await db
        .insertInto('providers')
        .values({ name, ...columns, unusableSince: provider.usable ? null : provider.checkedAt })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({
            ...columns,
            unusableSince: provider.usable
              ? null
              : sql<Date>`coalesce(providers.unusable_since, ${provider.checkedAt})`,
          }),
        )
        .execute();
    },
    find: async (name) =>
      (await db.selectFrom('providers').selectAll().where('name', '=', name).executeTakeFirst()) ?? null,
    list: async () => db.selectFrom('providers').selectAll().orderBy('name').execute(),
  };
}
