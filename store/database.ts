import type { MikroORM } from '@mikro-orm/postgresql';
import { CamelCasePlugin, sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './entities.ts';

/** A connection from the pool for each query, or an open transaction. */
export type Db = Kysely<Database>;

/**
 * MikroORM's own pool. Transactions go through Kysely's `transaction()`: `em.transactional` never returns a connection
 * to the pool that dies inside of it, so the pool would run dry after some restarts of PostgreSQL.
 */
export function databaseOf(orm: MikroORM): Db {
  return orm.em
    .fork()
    .getKysely<Database>()
    .withPlugin(new CamelCasePlugin({ maintainNestedObjectKeys: true }));
}

/** Runs `work` in the open transaction, or else in a new one. */
export function inTransaction<T>(db: Db, work: (transaction: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** Waits for the lock of this name and holds it until the end of the transaction. */
export async function lock(transaction: Db, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
}

/** A future time, by the database's clock. */
export const fromNow = (ms: number): RawBuilder<Date> => sql<Date>`clock_timestamp() + ${ms} * interval '1 ms'`;

/** Passes a value as JSON text, because `pg` would send an array as an SQL array. */
export function json<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::jsonb`;
}

/**
 * Makes the text of programs storable, which may be cut in the middle of a character: PostgreSQL refuses NUL and
 * unpaired surrogates, and an ending must never be lost because of them.
 */
export function storable(message: string): string {
  return message.toWellFormed().replaceAll('\0', '\ufffd');
}
