import type { MikroORM } from '@mikro-orm/postgresql';
import { CamelCasePlugin, sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './entities.ts';

/** A connection from the pool for each query, or one open transaction. */
export type Db = Kysely<Database>;

/**
 * MikroORM's own pool. Transactions go through Kysely's `transaction()`: `em.transactional` never gives a connection
 * back that dies inside of it, so a pool would run dry after some restarts of PostgreSQL.
 */
export function databaseOf(orm: MikroORM): Db {
  return orm.em
    .fork()
    .getKysely<Database>()
    .withPlugin(new CamelCasePlugin({ maintainNestedObjectKeys: true }));
}

/** Runs `work` in the transaction that is open, else in one of its own. */
export function inTransaction<T>(db: Db, work: (transaction: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** Waits for the lock of that name; it is held to the transaction's end. */
export async function lock(transaction: Db, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
}

/** A time to come, by the database's clock. */
export const fromNow = (ms: number): RawBuilder<Date> => sql<Date>`clock_timestamp() + ${ms} * interval '1 ms'`;

/** `pg` would send an array as an SQL array. */
export function json<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::jsonb`;
}

/**
 * For what programs say, which may be cut in the middle of a character: PostgreSQL refuses NUL and halves of surrogate
 * pairs, and an ending must never be lost for that.
 */
export function storable(message: string): string {
  return message.toWellFormed().replaceAll('\0', '\ufffd');
}
