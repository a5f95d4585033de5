import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { databaseOf, lock, type Db } from '../../store/database.ts';
import { toStoreError } from '../../store/errors.ts';
import type { ActingStore } from '../../store/types.ts';
import { at, insertAttempt, insertJob, newId, offer, openTestStore, principal } from './support.ts';

let store: ActingStore;
let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  db = databaseOf(opened.orm);
});
afterAll(() => close());

describe('values that PostgreSQL cannot hold are the caller’s mistake, wherever they stand', () => {
  const nul = 'a\0b';
  const event = { topic: 'jobs', kind: 'k', subject: 's', data: {} };
  const key = { key: 'k', principalId: 'p', route: 'r', bodySha256: 's', now: at(0), lockMs: 1 };
  const job = () =>
    insertJob(store).then(({ name, spec }) => ({ id: newId(), name, spec, principal, createdAt: at(0) }));

  test.each<readonly [string, () => Promise<unknown>]>([
    ['a job’s config', () => insertJob(store, { config: { deep: [{ text: nul }] } })],
    ['the name of a field of a job’s config', () => insertJob(store, { config: { [nul]: 1 } })],
    ['a job’s command', () => insertJob(store, { command: ['echo', nul] })],
    ['half of a surrogate pair', () => insertJob(store, { config: { text: '\ud83d' } })],
    ['an id to find', () => store.jobs.find(nul)],
    ['a filter', () => store.jobs.list({ projectId: 'default', service: nul, limit: 1 })],
    ['a job’s id', async () => store.jobs.insert({ ...(await job()), id: nul })],
    ['an event', () => store.events.append({ ...event, data: { nul } })],
    ['an event’s subject', () => store.events.append({ ...event, subject: nul })],
    ['an idempotency key', () => store.idempotency.begin({ ...key, key: nul })],
    ['a model’s name', () => store.models.get('default', nul)],
    [
      'a metric’s name',
      () => store.metrics.insert([{ jobId: 'j', attempt: 1, name: nul, step: 1, epoch: null, time: at(0), value: 1 }]),
    ],
    ['a runner’s event id', () => store.runnerEvents.firstTime('a', nul, at(0))],
    [
      'a reason',
      async () => {
        const { jobId } = await insertAttempt(store);
        await store.attempts.open({
          id: `${jobId}/attempt-2`,
          jobId,
          attempt: 2,
          offer,
          reason: nul,
          createdAt: at(0),
        });
      },
    ],
    ['a number out of range', async () => store.jobs.moveFence((await insertJob(store)).id, 2 ** 40)],
    [
      'a fraction where a whole number belongs',
      () =>
        store.metrics.insert([{ jobId: 'j', attempt: 1, name: 'x', step: 1.5, epoch: null, time: at(0), value: 1 }]),
    ],
    [
      'a key longer than an index takes',
      () => store.idempotency.begin({ ...key, key: Array.from({ length: 400 }, newId).join('') }),
    ],
  ])('%s', async (_where, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'ArtenicError', type: 'validation-failed' });
  });

  test('but the last words of a program are kept, whatever they hold', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    const ending = { kind: 'failed', exitCode: 1, message: `${nul} \ud83d` } as const;
    expect(await store.attempts.end(attemptId, ending, at(1))).toEqual({ ...ending, message: 'a\ufffdb \ufffd' });
    const { message } = await store.jobs.transition(jobId, 'failed', { message: ending.message });
    expect(message).toBe('a\ufffdb \ufffd');
  });
});

describe('what PostgreSQL gives up', () => {
  test('one of two transactions that wait for each other is `transient`; the other goes on', async () => {
    const { promise: bothHold, resolve } = Promise.withResolvers<void>();
    let holding = 0;
    const hold = (first: string, second: string) =>
      store.transaction(async (inside) => {
        await inside.jobs.setProgress(first, 0.5);
        holding += 1;
        if (holding === 2) resolve();
        await bothHold;
        await inside.jobs.setProgress(second, 0.6);
      });
    const [a, b] = [(await insertJob(store)).id, (await insertJob(store)).id];
    const ends = await Promise.allSettled([hold(a, b), hold(b, a)]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { type: 'transient' } });
  });

  test.each([
    ['select pg_sleep(10)', 'deadline-exceeded'],
    ['select no_such_column', 'internal'],
    [`do $$ begin raise exception sqlstate '40001'; end $$`, 'transient'],
    [`do $$ begin raise exception sqlstate '53300'; end $$`, 'unavailable'],
    [`do $$ begin raise exception sqlstate '57P03'; end $$`, 'unavailable'],
    [`do $$ begin raise exception sqlstate '3D000'; end $$`, 'unavailable'],
    [`do $$ begin raise exception sqlstate '23514'; end $$`, 'validation-failed'],
  ])('%s → %s', async (statement, type) => {
    const failing = db.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 50`.execute(transaction);
      await sql.raw(statement).execute(transaction);
    });
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(toStoreError(error)).toMatchObject({ name: 'ArtenicError', type, cause: error });
  });

  test('a lock of one name is held to the transaction’s end and stops nobody with another name', async () => {
    const order: string[] = [];
    const name = newId();
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const first = db.transaction().execute(async (transaction) => {
      await lock(transaction, name);
      resolve();
      await db.transaction().execute((other) => lock(other, newId()));
      order.push('first');
    });
    await taken;
    const second = db.transaction().execute(async (transaction) => {
      await lock(transaction, name);
      order.push('second');
    });
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });
});

describe('everything else stays as it is', () => {
  test('errors of our own, bugs and what is no error at all', async () => {
    const own = new ArtenicError('fenced', 'x');
    for (const thrown of [own, new RangeError('bug'), 'text', null]) {
      expect(toStoreError(thrown)).toBe(thrown);
      const failing = store.transaction(() => Promise.reject(thrown));
      expect(await failing.catch((error: unknown) => error)).toBe(thrown);
    }
  });
});
