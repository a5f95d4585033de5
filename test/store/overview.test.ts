import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql, type RawBuilder } from 'kysely';
import { databaseOf, type Db } from '../../store/database.ts';
import { attemptIdOf } from '../../core/ids.ts';
import {
  activityQuery,
  endedByDayQuery,
  jobsByStateQuery,
  recoveriesQuery,
  timeToStartQuery,
} from '../../store/overview/queries.ts';
import type { ActingStore } from '../../store/types.ts';
import { insertJob, newId, offer, openTestStore } from './support.ts';
import { rowsReadBy } from './plans.ts';

let store: ActingStore;
let db: Db;
let close: () => Promise<void>;
const projectId = 'default';
const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000);

/** Jobs of a year: every hundredth is from the last week, every thousandth is open; each has ten events. */
const jobs = 20_000;
beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  db = databaseOf(opened.orm);
  await sql`
    insert into jobs (id, name, words, project_id, created_by, service, model, spec, state, message, priority, current_attempt, created_at, finished_at)
    select 'job-' || n, 's #' || n, '', ${projectId}, 'test', 's', 'm', '{}',
      case when n % 1000 = 0 then 'running' when n % 3 = 0 then 'failed' else 'succeeded' end, '', 0, 1, at,
      case when n % 1000 = 0 then null else at + interval '1 minute' end
    from generate_series(1, ${jobs}::int) as n, lateral (
      select now() - interval '1 hour' - case when n % 100 = 0 then interval '1 minute' * (n / 100) else interval '10 days' + interval '1 minute' * n end as at
    ) as times`.execute(db);
  await sql`
    insert into attempts (id, job_id, attempt, offer, reason, state, created_at, running_at, ended_at, termination_confirmed_at)
    select id || '/1', id, 1, '{"provider": "a"}', '', 'ended', created_at, created_at + interval '5 seconds', finished_at, finished_at
    from jobs`.execute(db);
  await sql`
    insert into events (sequence, topic, kind, subject, data, at)
    select n, 'jobs', case when n % 10 = 0 then 'job.state' else 'attempt.state' end, 'job-' || (n / 10 + 1), '{}', now()
    from generate_series(1, ${10 * jobs - 10}::int) as n`.execute(db);
  await sql`vacuum analyze jobs, attempts, events`.execute(db);
}, 60_000);
afterAll(() => close());

const counted = async () => Object.fromEntries(await store.overview.jobsByState(projectId));
const real = async () =>
  Object.fromEntries(
    (
      await sql<{ readonly state: string; readonly n: bigint }>`
      select state, count(*) as n from jobs where project_id = ${projectId} group by state order by state`.execute(db)
    ).rows.map(({ state, n }) => [state, Number(n)]),
  );

describe('what the overview reads', () => {
  test('counts are right before days are counted, after that, and when jobs have gone', async () => {
    expect(await counted()).toEqual(await real());
    await store.retention.countDays();
    await store.retention.countDays();
    expect(await counted()).toEqual(await real());
    const { rows } = await sql<{ readonly n: number }>`select count(*)::int as n from job_days`.execute(db);
    expect(rows[0]?.n).toBeGreaterThan(10);
    const { id } = await insertJob(store);
    await store.jobs.transition(id, 'preparing');
    await store.jobs.transition(id, 'failed');
    expect(await counted()).toEqual(await real());
    for (const gone of ['job-1', 'job-2', 'job-100', id])
      expect(await store.retention.finishStage('job', gone, new Date(), () => true)).toBeGreaterThan(0);
    expect(await counted()).toEqual(await real());
    await sql`vacuum analyze jobs, job_days`.execute(db);
  });

  const week = ago(7);
  test.each<readonly [string, () => RawBuilder<unknown>, number]>([
    ['jobs by state', () => jobsByStateQuery(projectId, ago(2)), 500],
    ['ended by day', () => endedByDayQuery(projectId, week), 500],
    ['time to start', () => timeToStartQuery(projectId, week), 1000],
    ['recoveries', () => recoveriesQuery(projectId, week), 500],
    ['activity, newest', () => activityQuery({ projectId, limit: 100 }), 250],
    ['activity, further back', () => activityQuery({ projectId, before: 50_000n, limit: 100 }), 250],
    ['activity of the end', () => activityQuery({ projectId, before: 11n, limit: 100 }), 250],
  ])('%s: not all history', async (_what, query, most) => {
    const { tables, read } = await rowsReadBy(db, query());
    expect(tables.length).toBeGreaterThan(0);
    expect(read).toBeLessThanOrEqual(most);
  });
});

test('the newest price of each provider is known without a look at attempts', async () => {
  const priced = async (provider: string, pricedAt: string) => {
    const { id: jobId } = await insertJob(store, {}, { id: newId() });
    const billing = { pricedAt, minimumSeconds: 60, granularitySeconds: 1 };
    await store.attempts.open({
      ...{ id: attemptIdOf(jobId, 1), jobId, attempt: 1, reason: 'first', createdAt: new Date() },
      offer: { ...offer, provider, billing },
    });
  };
  await priced('one', '2026-01-02T00:00:00.000Z');
  await priced('one', '2026-01-01T00:00:00.000Z');
  await priced('two', '2026-01-03T00:00:00.000Z');
  const pricedAt = await store.reconcile.pricedAt();
  expect(Object.fromEntries(pricedAt)).toEqual({
    one: new Date('2026-01-02T00:00:00.000Z'),
    two: new Date('2026-01-03T00:00:00.000Z'),
  });
});
