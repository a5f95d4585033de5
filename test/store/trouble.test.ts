import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import type { ActingStore, TemporalProblem, WorkerRecord } from '../../store/types.ts';
import { reportPresence } from '../../workers/loops/presence.ts';
import { poll } from '../support/poll.ts';
import { at, insertAttempt, insertJob, openTestStore } from './support.ts';

let store: ActingStore;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, url, close } = await openTestStore());
});
afterAll(() => close());

async function query(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

test('workers: one row a process, with the age of its last report; a process of yesterday is forgotten', async () => {
  await store.workers.alive({ id: 'a', queues: ['control', 'local'], temporalProblems: [] });
  await store.workers.alive({ id: 'b', queues: ['local'], temporalProblems: [] });
  await query(`update workers set seen_at = seen_at - interval '40 s' where id = 'a'`);
  const [b, a] = await store.workers.list();
  expect(b).toMatchObject({ id: 'b', queues: ['local'], ageMs: expect.any(Number) });
  expect(a?.ageMs).toBeGreaterThanOrEqual(40_000);
  await store.workers.alive({ id: 'a', queues: ['control'], temporalProblems: [] });
  expect((await store.workers.list())[0]).toMatchObject({ id: 'a', queues: ['control'], startedAt: a?.startedAt });
  await query(`update workers set seen_at = seen_at - interval '25 h' where id = 'a'`);
  await store.workers.alive({ id: 'b', queues: ['local'], temporalProblems: [] });
  expect((await store.workers.list()).map(({ id }) => id)).toEqual(['b']);
});

test('a worker reports what it takes work from, and what keeps it from working', async () => {
  let queues: readonly string[] = [];
  let temporalProblems: readonly TemporalProblem[] = [];
  let asked = 0;
  const start = () =>
    reportPresence({
      ...{ store, id: 'process', logger: pino({ level: 'silent' }), temporalProblems: () => temporalProblems },
      queues: () => {
        asked++;
        return queues;
      },
    });
  const reported = async (isWanted: (row: WorkerRecord) => boolean) => {
    const loop = start();
    await poll('the report', 5000, async () => {
      const row = (await store.workers.list()).find(({ id }) => id === 'process');
      return row !== undefined && isWanted(row) ? row : null;
    });
    await loop.close();
  };
  const silent = start();
  await poll('the first round', 5000, () => (asked > 0 ? true : null));
  await silent.close();
  expect((await store.workers.list()).map(({ id }) => id)).not.toContain('process');
  temporalProblems = [{ kind: 'blocked', message: 'Temporal has no namespace a.' }];
  await reported((row) => row.queues.length === 0 && row.temporalProblems[0]?.kind === 'blocked');
  [queues, temporalProblems] = [['control'], []];
  await reported((row) => row.queues[0] === 'control' && row.temporalProblems.length === 0);
});

test('a refused end: since when and how often, until the provider takes a request or a list proves the end', async () => {
  const { attemptId } = await insertAttempt(store);
  const tried = (second: number, refusal: string | null) =>
    store.reconcile.terminateTried(attemptId, at(second), refusal);
  await tried(10, null);
  expect(await store.attempts.ending(at(1000), 10)).toEqual([]);
  await tried(20, 'transient: 503');
  await tried(30, 'transient: 504');
  expect(await store.attempts.ending(at(1000), 10)).toMatchObject([
    { id: attemptId, terminateRefusedAt: at(20), terminateRefusals: 2, terminateError: 'transient: 504' },
  ]);
  expect(await store.attempts.ending(at(20), 10)).toEqual([]);
  await tried(40, null);
  expect(await store.attempts.ending(at(1000), 10)).toEqual([]);
  await tried(50, 'auth: no');
  expect(await store.attempts.ending(at(1000), 10)).toMatchObject([
    { terminateRefusedAt: at(50), terminateRefusals: 1 },
  ]);
  await store.reconcile.unlisted([attemptId], at(60));
  expect(await store.attempts.ending(at(1000), 10)).toEqual([]);
  expect(await store.attempts.get(attemptId)).toMatchObject({ terminateTriedAt: at(10), unlistedAt: at(60) });
});

test('jobs that something blocks: by provider, and those that no worker has taken', async () => {
  const waiting = await insertJob(store, { placement: { providers: ['aws', 'local'] } });
  for (const state of ['preparing', 'waiting'] as const) await store.jobs.transition(waiting.id, state);
  const running = await insertJob(store, { placement: { providers: ['aws'] } });
  for (const state of ['preparing', 'provisioning', 'running'] as const) await store.jobs.transition(running.id, state);
  const blocked = await store.jobs.blockedByProvider();
  expect([blocked.get('aws'), blocked.get('local')]).toEqual([1, 1]);
  await insertJob(store, {}, { createdAt: at(5) });
  expect(await store.jobs.untaken(at(10))).toEqual({ jobs: 1, since: at(5) });
  expect(await store.jobs.untaken(at(5))).toEqual({ jobs: 0, since: null });
});

test('the progress of the current attempt is kept with its times; that of an earlier one is ignored', async () => {
  const { jobId } = await insertAttempt(store);
  await store.jobs.moveFence(jobId, 1);
  const report = async (second: number, progress: number, attempt = 1) => {
    const { progressTrack } = await store.jobs.get(jobId);
    await store.jobs.setProgress(jobId, progress, { attempt, at: at(second), track: progressTrack });
  };
  await report(1, 0.1);
  await report(5, 0.2);
  await report(9, 0.9, 2);
  expect(await store.jobs.get(jobId)).toMatchObject({
    progress: 0.2,
    progressTrack: [
      [1, at(1).getTime(), 0.1],
      [1, at(5).getTime(), 0.2],
    ],
  });
});

test('since when a job is in its state, and a provider unusable', async () => {
  const job = await insertJob(store, {}, { createdAt: at(1) });
  expect((await store.jobs.get(job.id)).stateSince).toEqual(at(1));
  const moved = await store.jobs.transition(job.id, 'preparing');
  expect(moved.stateSince?.getTime()).toBeGreaterThan(at(1).getTime());
  expect((await store.jobs.transition(job.id, 'preparing')).stateSince).toEqual(moved.stateSince);
  const capabilities = { spot: false, preemptionNotice: false, idempotencyToken: true, regions: false };
  const check = async (second: number, usable: boolean) => {
    await store.providers.upsert({
      name: 'p',
      usable,
      message: '',
      capabilities,
      capacity: null,
      checkedAt: at(second),
    });
    return (await store.providers.find('p'))?.unusableSince;
  };
  expect([await check(1, false), await check(2, false), await check(3, true), await check(4, false)]).toEqual([
    ...[at(1), at(1), null, at(4)],
  ]);
});
