import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobSorts, type JobSort } from '@artenic/core';
import { sql } from 'kysely';
import { databaseOf, type Db } from '../../store/database.ts';
import { shownPartOf } from '../../core/jobs/id-part.ts';
import { idPartQuery } from '../../store/jobs/id-parts.ts';
import { expressionOf, foundQuery, listQuery } from '../../store/jobs/list.ts';
import { searchQuery } from '../../store/search/repository.ts';
import type { ActingStore, JobRecord, JobsFilter, JobsQuery } from '../../store/types.ts';
import { rowsReadBy } from './plans.ts';
import { at, insertJob, newId, openTestStore } from './support.ts';

let store: ActingStore;
let db: Db;
let close: () => Promise<void>;
const count = 100_000;
const projectId = 'large';
/** A word of every fourth job is told from a rare one by the first 1,000 that have it. */
const mostRead = 10_000;
/** Id of the job with this number; its end and its beginning differ from those of all others. */
const idOf = (number: number): string =>
  `${number.toString(16).padStart(8, '0')}-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  db = databaseOf(opened.orm);
  // A year of jobs, one every five minutes. Every thousandth is open, and some values are rare.
  // In parts, each of which a loaded machine writes within the time limit of statements.
  const part = count / 10;
  for (let first = 1; first <= count; first += part) {
    await sql`
      insert into jobs (
        id, name, project_id, created_by, service, model, spec, state, message, priority, current_attempt, created_at,
        finished_at, words, provider, market, cost_usd_micros
      )
      select id, 'seed=' || n, ${projectId}, case when n % 20000 = 7 then 'rare' else 'user-' || n % 10 end,
        case when n % 20000 = 7 then 'rare' else 'service-' || n % 50 end, 'm', '{}',
        case when n % 1000 = 0 then 'running' when n % 20000 = 7 then 'timed-out' when n % 3 = 0 then 'failed' else 'succeeded' end,
        '', 0, 1, at, case when n % 1000 = 0 then null else at + interval '1 second' * (n % 5000) end,
        array_to_tsvector(array[
          'service', (n % 50)::text, 'seed', n::text, case when n % 3 = 0 then 'failed' else 'well' end,
          '=4:team=' || case when n % 20000 = 7 then 'rare' else (n % 4)::text end,
          '>' || replace(id, '-', ''), '<' || reverse(replace(id, '-', ''))
        ]),
        case when n % 20000 = 7 then 'rare' else 'local' end, case when n % 20000 = 7 then 'spot' else 'on-demand' end,
        case when n % 7 = 0 then n else 0 end
      from generate_series(${first}::int, ${first + part - 1}::int) as n, lateral (
        select lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0') as id,
          now() - interval '5 minutes' * (${count}::int - n + 1) as at
      ) as made`.execute(db);
  }
  await sql`vacuum analyze jobs`.execute(db);
}, 120_000);
afterAll(() => close());

const listed = (query: Partial<JobsQuery>) => store.jobs.list({ projectId, limit: 50, ...query });

/** Rows that one page reads: those that have the words, and those of the list. */
async function readBy(query: Partial<JobsQuery>): Promise<number> {
  const expression = expressionOf({ projectId, ...query });
  const found = expression === null ? 0 : (await rowsReadBy(db, foundQuery(projectId, expression))).read;
  const page = await listQuery(db, { projectId, limit: 50, asOf: new Date(), ...query });
  return found + (await rowsReadBy(db, page)).read;
}

describe('the list of 100,000 jobs', () => {
  const filters: readonly (readonly [string, Omit<JobsFilter, 'projectId'>])[] = [
    ['nothing', {}],
    ['a state of many', { states: ['failed'] }],
    ['a rare state', { states: ['timed-out'] }],
    ['open states', { states: ['queued', 'preparing', 'running'] }],
    ['two states', { states: ['failed', 'timed-out'] }],
    ['a service', { service: 'service-7' }],
    ['a rare service', { service: 'rare' }],
    ['a label', { labels: [['team', '2']] }],
    ['a rare label', { labels: [['team', 'rare']] }],
    ['a label that no job has', { labels: [['team', 'none']] }],
    [
      'two labels, of which one is rare',
      {
        labels: [
          ['team', '2'],
          ['team', 'rare'],
        ],
      },
    ],
    ['a provider', { provider: 'local' }],
    ['a rare provider', { provider: 'rare' }],
    ['a rare market', { market: 'spot' }],
    ['a user', { submittedBy: 'user-3' }],
    ['a rare user', { submittedBy: 'rare' }],
    ['a time long ago', { until: new Date(Date.now() - 300 * 86_400_000) }],
    ['a day', { since: new Date(Date.now() - 200 * 86_400_000), until: new Date(Date.now() - 199 * 86_400_000) }],
    ['a word of many', { search: 'failed' }],
    ['a word of one', { search: '54321' }],
    ['a word of none', { search: 'nowhere' }],
    ['the end of an id', { search: idOf(4321).slice(-8) }],
    ['the beginning of an id', { search: idOf(4321).slice(0, 13) }],
    ['a service and a state', { service: 'service-3', states: ['failed'] }],
    ['a word and a rare label', { search: 'failed', labels: [['team', 'rare']] }],
  ];

  test.each(filters)('by %s: not all history is read', async (_what, filter) => {
    const first = await listed(filter);
    expect(await readBy(filter)).toBeLessThanOrEqual(mostRead);
    if (first.nextCursor === null) return;
    const next = { ...filter, cursor: first.nextCursor };
    expect(await readBy(next)).toBeLessThanOrEqual(mostRead);
    const second = await listed(next);
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([
    ['a word of all', 'service'],
    ['a word of every third', 'failed'],
    ['a word of one', '54321'],
    ['a word of none', 'nowhere'],
    ['the end of an id', idOf(4321).slice(-8)],
    ['the beginning of an id', idOf(4321).slice(0, 13)],
    ['the beginning of names', 'seed=99'],
    ['the beginning of shown ids', '00001'],
  ])('searched for %s: not all history is read, and the newest jobs are found', async (_what, text) => {
    const query = { projectId, text, shownId: shownPartOf(text), version: null, jobs: 20, others: 5 };
    expect((await rowsReadBy(db, searchQuery(query))).read).toBeLessThanOrEqual(mostRead);
    const { jobs } = await store.search.find(query);
    const { items } = await listed({ search: text, limit: 20 });
    expect(jobs.slice(0, items.length).map(({ id }) => id)).toEqual(items.map(({ id }) => id));
  });

  test.each(jobSorts)('in the order %s: not all history is read, on no page', async (sort) => {
    for (const filter of [{}, { states: ['failed'] }, { service: 'service-7' }] as const) {
      let cursor: string | undefined;
      for (let page = 0; page < 3; page++) {
        const query = { sort, ...filter, ...(cursor === undefined ? {} : { cursor }) };
        expect([filter, page, (await readBy(query)) <= mostRead]).toEqual([filter, page, true]);
        cursor = (await listed(query)).nextCursor ?? undefined;
      }
    }
  });

  test('a shortened id is found by a look at its own rows', async () => {
    for (const part of [idOf(4321).slice(-8), idOf(4321).slice(0, 8)]) {
      const found = await store.jobs.withIdPart(projectId, part, 11);
      expect(found.map(({ id }) => id)).toEqual([idOf(4321)]);
    }
    // All jobs of the year begin like this.
    for (const part of ['0000', '00000000', idOf(4321).slice(0, 8), idOf(4321).slice(-8)]) {
      const { tables, read } = await rowsReadBy(db, idPartQuery(projectId, part, 11));
      expect(tables).toEqual(['jobs', 'jobs']);
      expect([part, read]).toEqual([part, Math.min(read, 22)]);
    }
  });
});

describe('orders and cursors', () => {
  const small = newId();
  const made: JobRecord[] = [];
  beforeAll(async () => {
    for (let index = 0; index < 23; index++) {
      const service = ['b', 'a', 'C'][index % 3]?.toLowerCase() ?? '';
      const name = ['Two', 'one', 'two', 'ONE'][index % 4] ?? '';
      const job = await insertJob(store, { service, name }, { projectId: small, createdAt: at(index >> 1) });
      if (index % 4 === 0) await store.jobs.transition(job.id, 'failed');
      made.push(await store.jobs.get(job.id));
      await sql`update jobs set cost_usd_micros = ${index % 5} where id = ${job.id}`.execute(db);
      // Ended jobs took some of the same seconds.
      await sql`update jobs set finished_at = created_at + interval '1 s' * ${index % 3} where id = ${job.id} and finished_at is not null`.execute(
        db,
      );
    }
  });
  const nowMs = Date.now();
  const valueOf = (sort: JobSort, job: JobRecord): string | number => {
    switch (sort.replace('-', '')) {
      case 'submittedAt':
        return job.createdAt.getTime();
      case 'name':
        return job.name.toLowerCase();
      case 'service':
        return job.service;
      case 'state':
        return job.state;
      case 'costUsdMicros':
        return Number(job.costUsdMicros);
      default:
        return (job.finishedAt?.getTime() ?? nowMs) - job.createdAt.getTime();
    }
  };
  const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

  test.each(jobSorts)('%s: all pages together are all jobs, once, in order', async (sort) => {
    const read: JobRecord[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ActingStore['jobs']['list']>> = await store.jobs.list({
        ...{ projectId: small, limit: 4, sort },
        ...(cursor === null ? {} : { cursor }),
      });
      read.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    const sign = sort.startsWith('-') ? -1 : 1;
    const sorted = read.toSorted(
      (a, b) =>
        sign *
        (compare(valueOf(sort, a), valueOf(sort, b)) ||
          compare(a.createdAt.getTime(), b.createdAt.getTime()) ||
          compare(a.id, b.id)),
    );
    expect(read.map(({ id }) => id)).toEqual(sorted.map(({ id }) => id));
    expect(new Set(read.map(({ id }) => id))).toEqual(new Set(made.map(({ id }) => id)));
  });

  test('a cursor of another order is refused', async () => {
    const { nextCursor } = await store.jobs.list({ projectId: small, limit: 4, sort: 'name' });
    const other = store.jobs.list({ projectId: small, limit: 4, cursor: nextCursor ?? '' });
    await expect(other).rejects.toMatchObject({ type: 'validation-failed' });
  });
});

describe('filters', () => {
  const own = newId();
  let ids: readonly string[];
  beforeAll(async () => {
    const specs = [
      { service: 'pricing-elasticity', name: 'seed=9 epochs=150', labels: { team: 'growth', stage: 'a=b' } },
      {
        service: 'churn',
        name: "Anna's baseline \\ 1",
        labels: { team: "o'hara" },
        placement: { providers: ['aws'], mode: 'spot' },
      },
      { service: 'churn', name: 'seed=91', model: 'churn-small', placement: { providers: ['aws', 'local'] } },
    ] as const;
    const jobs: JobRecord[] = [];
    for (const [index, spec] of specs.entries())
      jobs.push(await insertJob(store, spec as object, { projectId: own, createdAt: at(index) }));
    ids = jobs.map(({ id }) => id);
    await store.jobs.transition(ids[2] ?? '', 'failed', { message: "KeyError: 'customer_tenure_days'" });
  });
  const found = async (filter: Partial<JobsQuery>): Promise<readonly number[]> => {
    const { items } = await store.jobs.list({ projectId: own, limit: 10, sort: 'submittedAt', ...filter });
    return items.map(({ id }) => ids.indexOf(id));
  };

  test.each<readonly [string, readonly number[]]>([
    ['elasticity', [0]],
    ['PRICING ela', [0]],
    ['seed', [0, 2]],
    ['seed=9', [0]],
    ['seed=91', [2]],
    ["anna's", [1]],
    ['growth', [0]],
    ['team', [0, 1]],
    ['tenure_days', [2]],
    ['KeyError', [2]],
    ['small churn', [2]],
    ['churn growth', []],
    ["'", []],
    ['\\', []],
    ['& | ! :*', []],
    ['<->', []],
    ["o'hara", [1]],
  ])('the search %j finds %j', async (search, expected) => {
    expect(await found({ search })).toEqual(expected);
  });

  test('a search finds the beginning and the end of an id', async () => {
    for (const [index, id] of ids.entries())
      for (const search of [
        id,
        id.replaceAll('-', ''),
        id.slice(-8),
        ` ${id.slice(-12).toUpperCase()} `,
        id.slice(0, 30),
      ])
        if (search !== id.slice(0, 30)) expect([search, await found({ search })]).toEqual([search, [index]]);
  });

  test('labels, providers, markets, users and times', async () => {
    expect(await found({ labels: [['team', 'growth']] })).toEqual([0]);
    expect(
      await found({
        labels: [
          ['team', 'growth'],
          ['stage', 'a=b'],
        ],
      }),
    ).toEqual([0]);
    expect(
      await found({
        labels: [
          ['team', 'growth'],
          ['stage', 'b'],
        ],
      }),
    ).toEqual([]);
    expect(await found({ labels: [['team', "o'hara"]] })).toEqual([1]);
    expect(await found({ labels: [['team', 'grow']] })).toEqual([]);
    expect(await found({ provider: 'aws' })).toEqual([1]);
    expect(await found({ namedProvider: 'aws' })).toEqual([1, 2]);
    expect(await found({ market: 'spot' })).toEqual([1]);
    expect(await found({ submittedBy: 'admin', since: at(1), until: at(2) })).toEqual([1]);
    expect(await found({ submittedBy: 'nobody' })).toEqual([]);
    expect(await found({ isOpen: true })).toEqual([0, 1]);
  });

  test('the newest attempt says where a job runs', async () => {
    const [, , id = ''] = ids;
    const offer = {
      provider: 'simulated',
      region: 'r',
      instanceType: 't',
      spot: true,
      priceUsdMicrosPerHour: 3_600_000,
    };
    const attempt = { id: `${id}/attempt-1`, jobId: id, attempt: 1, offer, reason: '', createdAt: at(3) };
    await store.attempts.open(attempt);
    expect(await store.jobs.get(id)).toMatchObject({ provider: 'simulated', market: 'spot' });
    await store.attempts.moveLaunch(attempt.id, { launch: 2, offer: { ...offer, spot: false }, reason: '', at: at(4) });
    expect(await store.jobs.get(id)).toMatchObject({ provider: 'simulated', market: 'on-demand' });
    await store.attempts.setBilled(
      { provider: 'simulated', attemptId: attempt.id, instanceId: 'i', region: 'r' },
      { from: at(10), until: at(15) },
    );
    expect((await store.jobs.get(id)).costUsdMicros).toBe(5000n);
  });
});
