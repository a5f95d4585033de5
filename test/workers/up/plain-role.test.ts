import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate, openOrm } from '../../../store/orm.ts';
import { freePort } from '../../../workers/up/ports.ts';
import {
  awaitPostgres,
  databaseUrl,
  startPostgres,
  type PostgresOptions,
} from '../../../workers/up/postgres/postgres.ts';
import { makeEnteredFolder } from '../../support/entered-folder.ts';
import { poll } from '../../support/poll.ts';

let folder: string;
let options: PostgresOptions;
let server: ChildProcess;

async function query<Row extends pg.QueryResultRow>(text: string, database = 'artenic'): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl(options, database) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = makeEnteredFolder('artenic-plain-role-');
  options = { folder: join(folder, 'data'), port: await freePort(), logFile: join(folder, 'log'), password: "it's" };
  server = startPostgres(options);
  // State left by an earlier version: its login is the superuser, which owns everything.
  await poll('the server', 20_000, () => query('create database artenic', 'postgres').catch(() => null));
  const orm = await openOrm({ databaseUrl: databaseUrl(options, 'artenic') });
  await migrate(orm);
  await orm.close(true);
  await query(`
    create schema "other Schema";
    create table "other Schema".parted (id bigserial, at date) partition by range (at);
    create table "other Schema".part partition of "other Schema".parted for values from ('2026-01-01') to ('2027-01-01');
    create sequence free_sequence;
    create view a_view as select 1 as one;
    create materialized view a_kept_view as select 1 as one;
    create type mood as enum ('good', 'bad');
    create type pair as (a int, b int);
    create domain positive as int check (value > 0);
    create function one() returns int language sql as 'select 1';
    create procedure nothing() language sql as 'select 1';
    insert into "other Schema".parted (at) values ('2026-05-01')`);
}, 60_000);

afterAll(async () => {
  const exited = once(server, 'exit');
  server.kill('SIGINT');
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

const foreignOwners = `
  select relname as name from pg_class where relnamespace::regnamespace::text !~ '^(pg_|information)' and relowner::regrole::text <> 'artenic'
  union all select typname from pg_type where typnamespace::regnamespace::text !~ '^(pg_|information)' and typowner::regrole::text <> 'artenic'
  union all select proname from pg_proc where pronamespace::regnamespace::text !~ '^(pg_|information)' and proowner::regrole::text <> 'artenic'
  union all select nspname from pg_namespace where nspname !~ '^(pg_|information|public)' and nspowner::regrole::text <> 'artenic'
  union all select datname from pg_database where datname = 'artenic' and datdba::regrole::text <> 'artenic'`;

test('the superuser of an earlier version becomes a plain role that owns what it has made', async () => {
  expect((await query(foreignOwners)).length).toBe(0);
  expect(await query("select rolsuper from pg_roles where rolname = 'artenic'")).toEqual([{ rolsuper: true }]);
  await awaitPostgres(options, 20_000, () => server.exitCode === null);
  expect(await query(foreignOwners)).toEqual([]);
  expect(
    await query(
      "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolcanlogin and rolname <> 'postgres'",
    ),
  ).toEqual([
    {
      ...{ rolname: 'artenic', rolsuper: false, rolcreatedb: false },
      ...{ rolcreaterole: false, rolreplication: false, rolbypassrls: false },
    },
  ]);
  expect(await query('select * from "other Schema".parted')).toHaveLength(1);
  await query(`drop schema "other Schema" cascade; drop function one; drop procedure nothing; drop domain positive;
    drop type pair; drop type mood; drop view a_view; drop materialized view a_kept_view; drop sequence free_sequence`);
  // Runs at every further start.
  await awaitPostgres(options, 20_000, () => server.exitCode === null);
  const orm = await openOrm({ databaseUrl: databaseUrl(options, 'artenic') });
  await migrate(orm);
  await orm.close(true);
});

test.each([
  ['runs a program', "copy (select 1) to program 'true'"],
  ['reads a file', "select pg_read_file('/etc/passwd')"],
  ['makes a database', 'create database another'],
  ['makes a role', 'create role another'],
  ['becomes the superuser', 'set role postgres'],
  ['changes the catalog', "update pg_authid set rolsuper = true where rolname = 'artenic'"],
])('by SQL the login never %s', async (_what, statement) => {
  await expect(query(statement)).rejects.toThrow(/permission denied/);
});

test('the login enters no other database, and nobody logs in as the superuser', async () => {
  for (const database of ['postgres', 'template1'])
    await expect(query('select 1', database)).rejects.toThrow('permission denied for database');
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: options.port, user: 'postgres', database: 'artenic', password: options.password },
  });
  await expect(client.connect()).rejects.toThrow('password authentication failed');
});

test('a wrong password is told at once', async () => {
  const wrong = { ...options, password: 'another' };
  await expect(awaitPostgres(wrong, 60_000, () => server.exitCode === null)).rejects.toThrow(
    'password authentication failed',
  );
}, 20_000);
