import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase } from '../setup/database.ts';
import { schemaText } from './schema.ts';

const file = fileURLToPath(new URL('./schema.sql', import.meta.url));
let client: pg.Client;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await drop();
});

test('the schema that the migrations make is the one that is committed', async () => {
  const text = await schemaText(client);
  if (process.env['ARTENIC_TEST_WRITE_SCHEMA'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('every change of the schema shows', async () => {
  const before = await schemaText(client);
  for (const change of [
    'alter table jobs add column added int',
    'alter table jobs alter column message drop not null',
    "alter table jobs alter column message set default ''",
    'alter table jobs alter column priority type bigint',
    'alter table attempts drop constraint attempts_by_job',
    'drop index jobs_open',
    'create index added_index on events (kind)',
    'create table added (id int)',
  ]) {
    await client.query('begin');
    await client.query(change);
    expect([change, (await schemaText(client)) === before]).toEqual([change, false]);
    await client.query('rollback');
  }
});
