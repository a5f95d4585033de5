import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql, type RawBuilder } from 'kysely';
import { databaseOf, type Db } from '../../store/database.ts';
import { sumUpPoints } from '../../store/migrations/0028-metric-blocks.ts';
import { sumUpExtremes } from '../../store/migrations/0032-find-jobs.ts';
import { afterQuery, latestQuery, newestQuery, seriesQuery } from '../../store/metrics/queries.ts';
import type { MetricRow, ActingStore } from '../../store/types.ts';
import { isFull } from '../support/share.ts';
import { at, newId, openTestStore } from './support.ts';
import { nodesOf, rowsOfScan, type Plan } from './plans.ts';

let store: ActingStore;
let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  db = databaseOf(opened.orm);
});
afterAll(() => close());

const point = (jobId: string, name: string, step: number, value: number, attempt = 1): MetricRow => ({
  ...{ jobId, attempt, name, step, epoch: null, time: at(1), value },
});
async function sumUp(): Promise<void> {
  for (const statement of `${sumUpPoints};${sumUpExtremes}`.split(';'))
    if (statement.trim() !== '') await sql.raw(statement).execute(db);
}

const endOfIds = 9_000_000_000_000_000_000n;
const after = (jobId: string, id: bigint, limit: number) =>
  store.metrics.after({ jobId, after: id, until: endOfIds, limit });
const brief = (rows: readonly MetricRow[]) =>
  rows.map(({ name, attempt, step, value }) => [name, attempt, step, value]);

describe('insert and follow', () => {
  test('all parts come back, special values too, in the order they were written', async () => {
    const jobId = newId();
    const rows: MetricRow[] = [
      { ...point(jobId, 'loss', 1, Number.NaN), epoch: 0.5, time: new Date(1_767_225_600_123) },
      point(jobId, 'loss', 2, Number.POSITIVE_INFINITY),
      point(jobId, 'a "quoted", {name}\\', 3, Number.NEGATIVE_INFINITY),
      point(jobId, 'loss', Number.MAX_SAFE_INTEGER, Number.MIN_VALUE),
      point(jobId, 'loss', -4, 0.1 + 0.2),
    ];
    await store.metrics.insert(rows);
    await store.metrics.insert([]);
    const followed = await after(jobId, 0n, 3);
    const rest = await after(jobId, followed.at(-1)?.id ?? 0n, 10);
    expect([...followed, ...rest].map(({ id: _id, ...row }) => row)).toEqual(rows);
    expect(await store.metrics.latest(jobId)).toEqual(new Map([['loss', Number.MIN_VALUE]]));
    expect(await store.metrics.latest(newId())).toEqual(new Map());
  });

  test('who follows by id while several write misses nothing', async () => {
    const jobId = newId();
    const other = newId();
    const write = async (attempt: number) => {
      for (let step = 0; step < 20; step++) {
        await store.metrics.insert([point(other, 'x', step, 0, attempt), point(jobId, 'x', step, step, attempt)]);
      }
    };
    const writers = Promise.all([1, 2, 3, 4].map(write));
    const seen: bigint[] = [];
    while (seen.length < 80) {
      const rows = await after(jobId, seen.at(-1) ?? 0n, 7);
      seen.push(...rows.map(({ id }) => id));
    }
    await writers;
    expect(new Set(seen).size).toBe(80);
    expect(await after(jobId, seen.at(-1) ?? 0n, 7)).toEqual([]);
  });
});

describe('series', () => {
  test('a later attempt replaces an earlier one from its first step on, whatever the name', async () => {
    const jobId = newId();
    await store.metrics.insert([
      ...[1, 2, 3, 4, 5, 6].map((step) => point(jobId, 'loss', step, step)),
      ...[2, 4, 6].map((step) => point(jobId, 'accuracy', step, step)),
      ...[4, 5].map((step) => point(jobId, 'loss', step, step * 10, 2)),
      ...[5].map((step) => point(jobId, 'loss', step, step * 100, 3)),
    ]);
    expect(brief(await store.metrics.series({ jobId, limit: 100 }))).toEqual([
      ...[['accuracy', 1, 2, 2]],
      ...[
        ['loss', 1, 1, 1],
        ['loss', 1, 2, 2],
        ['loss', 1, 3, 3],
        ['loss', 2, 4, 40],
        ['loss', 3, 5, 500],
      ],
    ]);
    expect(brief(await store.metrics.series({ jobId, names: ['accuracy', 'none'], limit: 100 }))).toEqual([
      ['accuracy', 1, 2, 2],
    ]);
    expect(await store.metrics.series({ jobId, names: [], limit: 100 })).toEqual([]);
    expect(await store.metrics.latest(jobId)).toEqual(
      new Map([
        ['loss', 500],
        ['accuracy', 6],
      ]),
    );
  });

  test('thinned: never more than asked, in order, with the least, the greatest and what is not finite', async () => {
    const value = fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: -50, max: 50 }) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
    );
    // Long series are read from blocks; small limits make these series long.
    const series = fc.array(value, { minLength: 1, maxLength: 600, size: 'max' });
    const options = { limit: fc.integer({ min: 1, max: 60 }), piece: fc.integer({ min: 60, max: 700 }) };
    await fc.assert(
      fc.asyncProperty(
        series,
        series,
        fc.record(options),
        fc.boolean(),
        async (first, second, { limit, piece }, isUp) => {
          const jobId = newId();
          const cut = 300;
          const attempts = [
            first.map((v, step) => point(jobId, 'x', isUp ? step : first.length - step, v)),
            second.map((v, i) => point(jobId, 'x', cut + i, v, 2)),
          ].flat();
          for (let from = 0; from < attempts.length; from += piece)
            await store.metrics.insert(attempts.slice(from, from + piece));
          const valid = attempts.filter(({ attempt, step }) => attempt === 2 || step < cut);
          const thinned = await store.metrics.series({ jobId, limit });
          expect(thinned.length).toBeLessThanOrEqual(limit);
          expect(valid).toEqual(expect.arrayContaining([...thinned]));
          expect(thinned.map(({ step }) => step)).toEqual(thinned.map(({ step }) => step).toSorted((a, b) => a - b));
          if (attempts.length <= limit) expect(thinned).toEqual(valid.toSorted((a, b) => a.step - b.step));
          if (limit < 6) return;
          const finite = (rows: readonly MetricRow[]) => rows.map((row) => row.value).filter((v) => Number.isFinite(v));
          expect(Math.min(...finite(thinned))).toBe(Math.min(...finite(valid)));
          expect(Math.max(...finite(thinned))).toBe(Math.max(...finite(valid)));
          expect(finite(thinned).length < thinned.length).toBe(finite(valid).length < valid.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('sums that are kept with the points are those of all points', async () => {
    const jobId = newId();
    const points = Array.from({ length: 700 }, (_, index) =>
      point(
        jobId,
        index % 3 === 0 ? 'a' : 'b',
        (index * 7919) % 701,
        index % 50 === 49 ? Number.NaN : (index * 31) % 97,
      ),
    );
    for (let from = 0; from < points.length; from += 37) await store.metrics.insert(points.slice(from, from + 37));
    const sums = async () => [
      (await sql`select * from metric_series where job_id = ${jobId} order by name`.execute(db)).rows,
      (await sql`select * from metric_blocks where job_id = ${jobId} order by name, size, block`.execute(db)).rows,
    ];
    const kept = await sums();
    await sql`delete from metric_series`.execute(db);
    await sql`delete from metric_blocks`.execute(db);
    await sumUp();
    expect(await sums()).toEqual(kept);
    expect(kept[1]).toHaveLength(15 + 1 + 30 + 2);
  });
});

/** The amount read grows with the points, but the query plan stays the same. */
const steps = isFull ? 100_000 : 20_000;

describe(`${(10 * steps) / 1e6} million points`, () => {
  const large = newId();
  const names = ['accuracy', 'grad_norm', 'learning_rate', 'loss', 'val_loss'];

  beforeAll(async () => {
    // Half of the points in one job, with 5 names. The rest in 50 jobs.
    await sql`
      insert into metric_points (job_id, attempt, name, step, time, value)
      select ${large}, case when step < ${0.6 * steps} then 1 else 2 end, name, step, now(),
        case when name = 'grad_norm' and step > ${0.9 * steps} then 'NaN' else sin(step / 1000.0) end
      from generate_series(1, ${steps}::int) as step, unnest(${names}::text[]) as name`.execute(db);
    await sql`
      insert into metric_points (job_id, attempt, name, step, time, value)
      select 'job-' || job, 1, 'loss', step, now(), random()
      from generate_series(1, 50) as job, generate_series(1, ${steps / 10}::int) as step`.execute(db);
    await sql`delete from metric_series`.execute(db);
    await sql`delete from metric_blocks`.execute(db);
    await sumUp();
    await sql`vacuum analyze metric_points, metric_series, metric_blocks`.execute(db);
  }, 60_000);

  const count = async () =>
    (await sql<{ readonly count: bigint }>`select count(*) as count from metric_points`.execute(db)).rows[0]?.count;

  // A name's blocks, or its points while they are few. The newest finite value of `grad_norm` comes before a tenth of
  // its points.
  const mostOfName = steps / 4;
  test.each<readonly [string, () => RawBuilder<unknown>, number]>([
    ['series of one name', () => seriesQuery({ jobId: large, names: ['loss'], limit: 1000 }), mostOfName],
    ['series of all names', () => seriesQuery({ jobId: large, limit: 1000 }), 5 * mostOfName],
    ['series of few points', () => seriesQuery({ jobId: large, limit: 100 }), 0.5 * mostOfName],
    ['series of a small job', () => seriesQuery({ jobId: 'job-7', limit: 1000 }), mostOfName],
    [
      'after, at the end',
      () => afterQuery({ jobId: large, after: BigInt(5 * steps - 1000), until: endOfIds, limit: 1000 }),
      1000,
    ],
    ['after, from the start', () => afterQuery({ jobId: large, after: 0n, until: endOfIds, limit: 1000 }), 1000],
    ['newest', () => newestQuery(large), 1],
    ['latest', () => latestQuery(large), steps / 10 + 100],
  ])('%s reads by index, and no more than it needs', async (what, query, mostRows) => {
    const { rows } = await sql<{
      readonly queryPLAN: readonly [{ readonly Plan: Plan; readonly 'Execution Time': number }];
    }>`explain (analyze, timing off, format json) ${query()}`.execute(db);
    const [explained] = Object.values(rows[0] ?? {})[0] ?? [];
    const scans = (explained === undefined ? [] : nodesOf(explained.Plan)).filter(
      (node) => node['Relation Name']?.startsWith('metric_points') === true,
    );
    const read = scans.reduce((sum, scan) => sum + rowsOfScan(scan), 0);
    process.stdout.write(
      `${what}: ${read} rows read, ${explained?.['Execution Time'].toFixed(1)} ms, ${[...new Set(scans.map((scan) => scan['Node Type']))].join(', ')}\n`,
    );
    expect(scans.length).toBeGreaterThan(0);
    const sums = (explained === undefined ? [] : nodesOf(explained.Plan)).filter((node) =>
      /^metric_(series|blocks)/.test(node['Relation Name'] ?? ''),
    );
    expect(sums.reduce((sum, scan) => sum + rowsOfScan(scan), 0)).toBeLessThanOrEqual(mostRows + 1000);
    for (const scan of scans) expect(scan['Node Type']).toMatch(/^(Index (Only )?|Bitmap Heap )Scan$/);
    expect(read).toBeLessThanOrEqual(mostRows);
  });

  test('and the answers are right', async () => {
    expect(await count()).toBeGreaterThanOrEqual(BigInt(10 * steps));
    const rows = await store.metrics.series({ jobId: large, limit: 500 });
    for (const name of names) {
      const own = rows.filter((row) => row.name === name);
      expect(own.length).toBeGreaterThan(300);
      expect(own.length).toBeLessThanOrEqual(500);
      expect(Math.max(...own.map(({ value }) => value).filter((value) => !Number.isNaN(value)))).toBeCloseTo(1, 6);
    }
    const latest = await store.metrics.latest(large);
    expect([...latest.keys()].toSorted()).toEqual(names);
    expect(latest.get('loss')).toBeCloseTo(Math.sin(steps / 1000), 9);
    expect(latest.get('grad_norm')).toBeCloseTo(Math.sin((0.9 * steps) / 1000), 9);
  });
});
