import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { AttemptsRepository } from '../types.ts';

/** Columns of an attempt that the first try writes and later tries read. */
export function createFirstKept(
  db: Db,
  notFound: (id: string) => Error,
): Pick<AttemptsRepository, 'claimMachine' | 'setTraceparent'> {
  const keep = async (column: 'machine' | 'traceparent', id: string, own: string): Promise<string> => {
    const row = await db
      .updateTable('attempts')
      .set({ [column]: sql<string>`coalesce(${sql.ref(column)}, ${own})` })
      .where('id', '=', id)
      .returning(column)
      .executeTakeFirst();
    if (row === undefined) throw notFound(id);
    return row[column] ?? own;
  };
  return {
    claimMachine: (id, machine) => keep('machine', id, machine),
    setTraceparent: (id, traceparent) => keep('traceparent', id, traceparent),
  };
}
