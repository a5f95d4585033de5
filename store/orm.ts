import { setTimeout as sleep } from 'node:timers/promises';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { databaseOf } from './database.ts';
import { entities } from './entities.ts';
import { toStoreError } from './errors.ts';
import { migrations } from './migrations/index.ts';
import { ensurePartitions } from './partitions.ts';

/** 64-bit integers as bigint and times as Date, in raw SQL too. */
function columnTypes(): InstanceType<typeof pg.TypeOverrides> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, BigInt);
  types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text));
  return types;
}

/** Creates the pool. It connects at the first query, so this works while PostgreSQL is down. */
export async function openOrm(options: {
  readonly databaseUrl: string;
  /**
   * Connections of this process, 10 by default. Raise it when requests wait for a connection; all processes share the
   * server's limit.
   */
  readonly poolMax?: number;
}): Promise<MikroORM> {
  return MikroORM.init({
    entities,
    clientUrl: options.databaseUrl,
    ensureDatabase: false,
    // Errors reach the caller; nothing is printed.
    logger: () => undefined,
    pool: { min: 0, max: options.poolMax ?? 10 },
    driverOptions: {
      application_name: 'artenic',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      // A process that hangs must not hold its locks indefinitely.
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
      types: columnTypes(),
    },
    extensions: [Migrator],
    migrations: {
      migrationsList: migrations,
      tableName: 'migrations',
      snapshot: false,
      silent: true,
      // Disabling foreign keys would need a superuser.
      disableForeignKeys: false,
    },
  });
}

/**
 * Closes the pool. The driver would wait without limit for a connection attempt to a server that does not answer, so
 * the wait is bounded: the process is about to end anyway.
 */
export async function closeOrm(orm: MikroORM, timeoutMs = 3000): Promise<void> {
  await Promise.race([orm.close(true), sleep(timeoutMs, undefined, { ref: false })]);
}

/**
 * Migrates the database to this version. Several processes may call it at once: one migrates, the others wait and find
 * nothing to do.
 */
export async function migrate(orm: MikroORM): Promise<void> {
  try {
    await orm.em.fork().transactional(async (em) => {
      await em.execute('set local statement_timeout = 0');
      await em.execute(`select pg_advisory_xact_lock(hashtextextended('artenic-migrations', 0))`);
      const transaction = em.getTransactionContext();
      await orm.migrator.up(transaction === undefined ? {} : { transaction });
    });
    await ensurePartitions(databaseOf(orm), Date.now());
  } catch (error) {
    throw toStoreError(error);
  }
}
