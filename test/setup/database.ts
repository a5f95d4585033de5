import { randomBytes } from 'node:crypto';
import pg from 'pg';

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['ARTENIC_TEST_DATABASE_URL'] });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A migrated database for the calling test file. */
export async function createTestDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(`create database ${name} template artenic_template strategy file_copy`);
  const url = new URL(process.env['ARTENIC_TEST_DATABASE_URL'] ?? '');
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}
