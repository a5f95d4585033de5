import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql, type RawBuilder } from 'kysely';
import { databaseOf, type Db } from '../../store/database.ts';
import { afterQuery, latestQuery, seriesQuery } from '../../store/repositories/metric-queries.ts';
import type { MetricRow, ActingStore } from '../../store/types.ts';
import { isFull } from '../support/share.ts';
import { at, newId, openTestStore } from './support.ts';

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
    const followed = await store.metrics.after(jobId, 0n, 3);
    const rest = await store.metrics.after(jobId, followed.at(-1)?.id ?? 0n, 10);
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
      const rows = await store.metrics.after(jobId, seen.at(-1) ?? 0n, 7);
      seen.push(...rows.map(({ id }) => id));
    }
    await writers;
    expect(new Set(seen).size).toBe(80);
    expect(await store.metrics.after(jobId, seen.at(-1) ?? 0n, 7)).toEqual([]);
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
    const series = fc.array(value, { minLength: 1, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(series, series, fc.integer({ min: 1, max: 60 }), async (first, second, limit) => {
        const jobId = newId();
        const attempts = [
          first.map((v, step) => point(jobId, 'x', step, v)),
          second.map((v, i) => point(jobId, 'x', 60 + i, v, 2)),
        ];
        await store.metrics.insert(attempts.flat());
        const valid = attempts.flat().filter(({ attempt, step }) => attempt === 2 || step < 60);
        const thinned = await store.metrics.series({ jobId, limit });
        expect(thinned.length).toBeLessThanOrEqual(limit);
        expect(valid).toEqual(expect.arrayContaining([...thinned]));
        expect(thinned.map(({ step }) => step)).toEqual(thinned.map(({ step }) => step).toSorted((a, b) => a - b));
        if (valid.length <= limit) expect(thinned).toEqual(valid);
        if (limit < 6) return;
        const finite = (rows: readonly MetricRow[]) => rows.map((row) => row.value).filter((v) => Number.isFinite(v));
        expect(Math.min(...finite(thinned))).toBe(Math.min(...finite(valid)));
        expect(Math.max(...finite(thinned))).toBe(Math.max(...finite(valid)));
        expect(finite(thinned).length < thinned.length).toBe(finite(valid).length < valid.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** What is read grows with the points; which ones are read does not. */
const steps = isFull ? 100_000 : 20_000;

describe(`${(10 * steps) / 1e6} million points`, () => {
  const large = newId();
  const names = ['accuracy', 'grad_norm', 'learning_rate', 'loss', 'val_loss'];

  type Plan = {
    readonly 'Node Type': string;
    readonly 'Relation Name'?: string;
    readonly 'Actual Rows': number;
    readonly 'Actual Loops': number;
    readonly 'Rows Removed by Filter'?: number;
    readonly Plans?: readonly Plan[];
  };
  const rowsRead = (scan: Plan): number =>
    (scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)) * scan['Actual Loops'];
  const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

  beforeAll(async () => {
    // Half in one job, of 5 names. The rest in 50 jobs.
    await sql`
      insert into metric_points (job_id, attempt, name, step, time, value)
      select ${large}, case when step < ${0.6 * steps} then 1 else 2 end, name, step, now(),
        case when name = 'grad_norm' and step > ${0.9 * steps} then 'NaN' else sin(step / 1000.0) end
      from generate_series(1, ${steps}::int) as step, unnest(${names}::text[]) as name`.execute(db);
    await sql`
      insert into metric_points (job_id, attempt, name, step, time, value)
      select 'job-' || job, 1, 'loss', step, now(), random()
      from generate_series(1, 50) as job, generate_series(1, ${steps / 10}::int) as step`.execute(db);
    await sql`vacuum analyze metric_points`.execute(db);
  }, 60_000);

  const count = async () =>
    (await sql<{ readonly count: bigint }>`select count(*) as count from metric_points`.execute(db)).rows[0]?.count;

  // Series count their points and then read them; the newest finite value of `grad_norm` lies behind a tenth of its points.
  test.each<readonly [string, () => RawBuilder<unknown>, number]>([
    ['series of one name', () => seriesQuery({ jobId: large, names: ['loss'], limit: 1000 }), 2 * steps + 5000],
    ['series of all names', () => seriesQuery({ jobId: large, limit: 1000 }), 10 * steps + 15_000],
    ['series of a small job', () => seriesQuery({ jobId: 'job-7', limit: 1000 }), steps / 5 + 3000],
    ['after, at the end', () => afterQuery(large, BigInt(5 * steps - 1000), 1000), 1000],
    ['after, from the start', () => afterQuery(large, 0n, 1000), 1000],
    ['latest', () => latestQuery(large), steps / 10 + 100],
  ])('%s reads by index, and no more than it needs', async (what, query, mostRows) => {
    const { rows } = await sql<{
      readonly queryPLAN: readonly [{ readonly Plan: Plan; readonly 'Execution Time': number }];
    }>`explain (analyze, timing off, format json) ${query()}`.execute(db);
    const [explained] = Object.values(rows[0] ?? {})[0] ?? [];
    const scans = (explained === undefined ? [] : nodes(explained.Plan)).filter(
      (node) => node['Relation Name'] === 'metric_points',
    );
    const read = scans.reduce((sum, scan) => sum + rowsRead(scan), 0);
    process.stdout.write(
      `${what}: ${read} rows read, ${explained?.['Execution Time'].toFixed(1)} ms, ${[...new Set(scans.map((scan) => scan['Node Type']))].join(', ')}\n`,
    );
    expect(scans.length).toBeGreaterThan(0);
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
