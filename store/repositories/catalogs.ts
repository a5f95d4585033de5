import { json, storable, type Db } from '../database.ts';
import type { CatalogsRepository } from '../types.ts';

export function createCatalogs(db: Db): CatalogsRepository {
  return {
    put: async (provider, offers, at) => {
      const columns = { offers: json(offers), refreshedAt: at, triedAt: at, problem: null };
      await db
        .insertInto('catalogs')
        .values({ provider, ...columns })
        .onConflict((conflict) => conflict.column('provider').doUpdateSet(columns))
        .execute();
    },
    refused: async (provider, problem, at) => {
      const columns = { triedAt: at, problem: storable(problem) };
      await db
        .insertInto('catalogs')
        .values({ provider, offers: json([]), refreshedAt: null, ...columns })
        .onConflict((conflict) => conflict.column('provider').doUpdateSet(columns))
        .execute();
    },
    list: async () => db.selectFrom('catalogs').selectAll().orderBy('provider').execute(),
  };
}
