import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrations } from '../../store/migrations/index.ts';
import { migrate, openOrm } from '../../store/orm.ts';
import { newId } from './support.ts';

const server = process.env['ARTENIC_TEST_DATABASE_URL'] ?? '';
const name = (kind: string) => `${kind}_${newId().replaceAll('-', '')}`;
const made: string[] = [];
let administrator: pg.Client;

beforeAll(async () => {
  administrator = new pg.Client({ connectionString: server });
  await administrator.connect();
});
afterAll(async () => {
  for (const database of made) await administrator.query(`drop database if exists ${database} with (force)`);
  await administrator.end();
});

async function emptyDatabase(): Promise<string> {
  const database = name('empty');
  made.push(database);
  await administrator.query(`create database ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function withOrm<T>(
  databaseUrl: string,
  work: (orm: Awaited<ReturnType<typeof openOrm>>) => Promise<T>,
): Promise<T> {
  const orm = await openOrm({ databaseUrl });
  try {
    return await work(orm);
  } finally {
    await orm.close(true);
  }
}

async function migrateInProcess(databaseUrl: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const program = `
    const { openOrm, migrate } = await import(${JSON.stringify(new URL('../../store/orm.ts', import.meta.url).href)});
    const orm = await openOrm({ databaseUrl: ${JSON.stringify(databaseUrl)} });
    await migrate(orm);
    await orm.close(true);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, said };
}

describe('migrations', () => {
  test('twice on an empty database; then tables and entities agree', async () => {
    await withOrm(await emptyDatabase(), async (orm) => {
      await migrate(orm);
      await migrate(orm);
      expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
      const names = migrations.map(({ name }) => name);
      expect((await orm.migrator.getExecuted()).map(({ name }) => name)).toEqual(names);
      // by number, so that two changes that were made at once still have one order
      expect(names).toEqual([...new Set(names)].toSorted());
    });
  });

  test('from 3 processes at once', async () => {
    const url = await emptyDatabase();
    const ends = await Promise.all([1, 2, 3].map(() => migrateInProcess(url)));
    expect(ends).toEqual([1, 2, 3].map(() => ({ code: 0, said: '' })));
    await withOrm(url, async (orm) => {
      expect(await orm.migrator.getExecuted()).toHaveLength(migrations.length);
      expect(await orm.migrator.getPending()).toEqual([]);
    });
  });

  test('by a role that is no superuser', async () => {
    const login =
      'select rolsuper, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user';
    expect((await administrator.query(login)).rows).toEqual([
      { rolsuper: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false },
    ]);
    await withOrm(await emptyDatabase(), migrate);
  });

  test('without a server it is `unavailable`', async () => {
    const url = new URL(server);
    url.port = '1';
    await withOrm(url.href, async (orm) => {
      await expect(migrate(orm)).rejects.toMatchObject({ name: 'ArtenicError', type: 'unavailable' });
    });
  });
});
