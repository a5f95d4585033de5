import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { poll } from '../support/poll.ts';

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['ARTENIC_TEST_DATABASE_URL'] });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** SQLSTATE 42501: PostgreSQL's own autovacuum is at work in the database, and only a superuser may end it. It ends soon. */
const isBusy = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '42501';

/** Ends the database's connections and drops it. */
async function drop(name: string): Promise<void> {
  await poll(`the end of autovacuum in ${name}`, 20_000, async () => {
    try {
      await administer(`drop database if exists ${name} with (force)`);
      return true;
    } catch (error) {
      if (isBusy(error)) return null;
      throw error;
    }
  });
}

/** A migrated database for the calling test file. */
export async function createTestDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(`create database ${name} template artenic_template strategy file_copy`);
  const url = new URL(process.env['ARTENIC_TEST_DATABASE_URL'] ?? '');
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => drop(name) };
}
