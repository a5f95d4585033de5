import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from '../../core/ids.ts';
import { migrations } from '../../store/migrations/index.ts';
import { databaseOf } from '../../store/database.ts';
import { migrate, openOrm } from '../../store/orm.ts';
import { partitionsOf } from '../../store/partitions.ts';
import { createStore } from '../../store/store.ts';
import { newId, principal } from './support.ts';

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
      // Sorted by number, so that two changes made in parallel have a fixed order.
      expect(names).toEqual([...new Set(names)].toSorted());
    });
  });

  test('a database with events keeps them, their numbers and what follows', async () => {
    await withOrm(await emptyDatabase(), async (orm) => {
      await orm.migrator.up({ to: '0010-launch-leases' });
      const connection = orm.em.getConnection();
      await connection.execute(`insert into events (sequence, topic, kind, subject, data, at)
        select n, 'jobs', 'test', 'old ' || n, '{}', now() - interval '1 day' * n from generate_series(1, 200) as n`);
      await connection.execute(`insert into events (topic, kind, subject, data, at) values
        ('jobs', 'test', 'without a number', '{}', now()), ('jobs', 'test', 'of a wrong clock', '{}', now() + interval '9 days')`);
      await migrate(orm);
      const { events } = createStore(orm).as(principal);
      expect(await events.lastSequence()).toBe(200n);
      await events.append({ topic: 'jobs', kind: 'test', subject: 'new', data: {} });
      expect(await events.sequence()).toBe(3);
      const rest = await events.after(198n, 10);
      expect(rest.map(({ sequence, subject }) => [Number(sequence), subject])).toEqual([
        ...[199, 200].map((number) => [number, `old ${number}`]),
        ...['without a number', 'of a wrong clock', 'new'].map((subject, index) => [201 + index, subject]),
      ]);
      // Existing rows are a single partition; rows with a wrong clock were moved to the week that they belong to.
      const parts = await partitionsOf(databaseOf(orm), 'events');
      expect(parts.map(({ name }) => name.replace(/\d+/, ''))).toEqual([
        'events_before_',
        ...parts.slice(1).map(() => 'events_from_'),
      ]);
      expect(await connection.execute('select count(*)::int as n from events_default')).toEqual([{ n: 0 }]);
    });
  });

  test('a database with metric points keeps them, sums them up, and has one partition more', async () => {
    await withOrm(await emptyDatabase(), async (orm) => {
      await orm.migrator.up({ to: '0019-queues' });
      const connection = orm.em.getConnection();
      const [old, late] = [newId(), uuidv7(Date.now() + 9 * 86_400_000, randomBytes(10))];
      for (const id of [old, late])
        await connection.execute(`insert into metric_points (job_id, attempt, name, step, time, value)
          select '${id}', 1, 'loss', step, now(), step from generate_series(1, 600) as step`);
      await migrate(orm);
      const { metrics } = createStore(orm).as(principal);
      const stepsOf = async (id: string, limit: number) =>
        (await metrics.series({ jobId: id, limit })).map(({ step }) => step);
      for (const id of [old, late]) {
        expect(await stepsOf(id, 600)).toEqual(Array.from({ length: 600 }, (_, index) => index + 1));
        expect((await stepsOf(id, 12)).length).toBeLessThanOrEqual(12);
        await metrics.insert([
          { jobId: id, attempt: 1, name: 'loss', step: 601, epoch: null, time: new Date(), value: 0 },
        ]);
        expect((await metrics.newest(id))?.id).toBeGreaterThan(1200n);
      }
      const parts = await partitionsOf(databaseOf(orm), 'metric_points');
      expect(parts.map(({ name }) => name.replace(/\d+/, ''))).toEqual([
        'metric_points_before_',
        ...parts.slice(1).map(() => 'metric_points_from_'),
      ]);
      expect(await connection.execute('select count(*)::int as n from metric_points_default')).toEqual([{ n: 0 }]);
      expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    });
  });

  test('a database with jobs gives them names, finds them by words and ids, and knows their costs', async () => {
    await withOrm(await emptyDatabase(), async (orm) => {
      await orm.migrator.up({ to: '0031-traces' });
      const connection = orm.em.getConnection();
      const ids = [newId(), newId(), newId()];
      const placement = { providers: ['aws', 'local'], mode: 'spot-with-fallback' };
      for (const [index, id] of ids.entries())
        await connection.execute(
          `insert into jobs (id, project_id, created_by, service, model, spec, state, message, priority, current_attempt, created_at)
           values (?, 'default', 'admin', ?, 'm', ?, 'failed', 'KeyError: tenure', 0, 1, now() + interval '1 s' * ?)`,
          [id, index === 1 ? 'churn' : 'pricing', JSON.stringify({ labels: { team: 'Growth' }, placement }), index],
        );
      const billing = { minimumSeconds: 60, granularitySeconds: 10, pricedAt: new Date().toISOString() };
      const offers = [
        { provider: 'aws', spot: true, priceUsdMicrosPerHour: 3_600_000, billing },
        { provider: 'simulated', spot: false, priceUsdMicrosPerHour: 1_234_567 },
      ];
      for (const [index, attemptOffer] of offers.entries())
        await connection.execute(
          `insert into attempts (id, job_id, attempt, offer, reason, state, created_at, billed_from, billed_until)
           values (?, ?, ?, ?, '', 'ended', now(), timestamptz '2026-01-01', timestamptz '2026-01-01' + interval '71.5 s')`,
          [`${ids[0]}/attempt-${index + 1}`, ids[0], index + 1, JSON.stringify(attemptOffer)],
        );
      await migrate(orm);
      const { jobs } = createStore(orm).as(principal);
      const list = async (query: object) => (await jobs.list({ projectId: 'default', limit: 10, ...query })).items;
      expect((await list({ sort: 'name' })).map(({ name }) => name)).toEqual(['churn #1', 'pricing #1', 'pricing #2']);
      expect(await jobs.nextNumber('default', 'pricing')).toBe(3);
      for (const search of ['tenure', 'GROWTH', 'pric', ids[0]?.slice(-8) ?? ''])
        expect((await list({ search })).map(({ id }) => id)).toContain(ids[0]);
      expect(await list({ labels: [['team', 'Growth']] })).toHaveLength(3);
      const first = await jobs.get(ids[0] ?? '');
      expect(first).toMatchObject({ provider: 'simulated', market: 'on-demand' });
      expect(await jobs.get(ids[1] ?? '')).toMatchObject({ provider: null, market: null, costUsdMicros: 0n });
      expect(first.costUsdMicros).toBeGreaterThan(0n);
      // The same as the platform counts.
      await jobs.refreshCosts(ids, new Date());
      expect((await jobs.get(ids[0] ?? '')).costUsdMicros).toBe(first.costUsdMicros);
    });
  });

  test('a database with versions of datasets and models gets their lineage and stages', async () => {
    await withOrm(await emptyDatabase(), async (orm) => {
      await orm.migrator.up({ to: '0041-temporal-problems' });
      const connection = orm.em.getConnection();
      const job = newId();
      await connection.execute(`
        insert into datasets values ('d', 'default', 'reviews', '', 'active', 2, 'ann', now(), now(), null);
        insert into dataset_versions
          select 'd', n, 'root', nullif(n - 1, 0), 1, 1, 1, 0, 0, '', 'ann', now(), null from generate_series(1, 2) as n;
        insert into models (project_id, name, latest_version, created_at) values ('default', 'm', 2, now());
        insert into model_versions
          (project_id, model, version, job_id, sha256, bytes, format, metrics, signature, stage, created_by, created_at)
        values ('default', 'm', 1, '${job}', '', 1, 'onnx', '{}', '{}', 'production', 'ann', now()),
          ('default', 'm', 2, null, '', 1, 'onnx', '{}', '{}', 'registered', 'ann', now());
        insert into stage_changes (project_id, model, version, from_stage, to_stage, changed_by, changed_at, reason)
        values ('default', 'm', 1, null, 'registered', 'ann', now(), ''),
          ('default', 'm', 1, 'registered', 'production', 'ann', now(), '');
        insert into events (topic, kind, subject, data)
        values ('models', 'model.stage', 'm', '{"version": 1, "from": "registered", "to": "production"}')`);
      await migrate(orm);
      const edges = await connection.execute<{ edge: string }[]>(`
        select source_kind || ' ' || source_id || ' ' || relation || ' ' || target_kind || ' ' || target_id as edge
        from lineage_edges order by source_kind, source_id, target_id`);
      expect(edges.map(({ edge }) => edge)).toEqual([
        'dataset d version dataset-version d@1',
        'dataset d version dataset-version d@2',
        'model m version model-version m@1',
        'model m version model-version m@2',
        'model-version m@1 stage stage m@production',
        `run ${job} output model-version m@1`,
      ]);
      // 'registered' is 'draft' since 0050
      const versions = await connection.execute('select version, stage from model_versions order by version');
      expect(versions).toEqual([
        { version: 1, stage: 'production' },
        { version: 2, stage: 'draft' },
      ]);
      const changes = await connection.execute('select from_stage, to_stage from stage_changes order by id');
      expect(changes).toEqual([
        { from_stage: null, to_stage: 'draft' },
        { from_stage: 'draft', to_stage: 'production' },
      ]);
      const moves = await connection.execute(`select data from events where kind = 'model.stage'`);
      expect(moves).toEqual([{ data: { version: 1, from: 'draft', to: 'production' } }]);
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
