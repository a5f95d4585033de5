import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActingStore } from '../../store/types.ts';
import { at, insertJob, newId, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore(20));
});
afterAll(() => close());

const lockMs = 10_000;
const request = (key: string, now = at(0), bodySha256 = 'sha') => ({
  ...{ key, principalId: 'key-1', route: 'POST /jobs', bodySha256, now, lockMs },
});
const response = { status: 202, body: { zebra: 1, apple: { ids: ['a', null] } }, headers: { location: '/jobs/1' } };

describe('idempotency keys', () => {
  test('20 at once with one key: exactly one is new', async () => {
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.idempotency.begin(request(key))));
    expect(answers.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'in-flight')).toHaveLength(19);
  });

  test('what was stored is replayed as it was, to the same principal and the same request only', async () => {
    const key = newId();
    await store.idempotency.begin(request(key));
    await store.transaction((inside) => inside.idempotency.complete(key, 'key-1', response));
    const replay = await store.idempotency.begin(request(key, at(9999)));
    expect(replay).toEqual({ kind: 'replay', response });
    expect(JSON.stringify(replay)).toBe(JSON.stringify({ kind: 'replay', response }));
    expect(await store.idempotency.begin(request(key, at(1), 'other'))).toEqual({ kind: 'mismatch' });
    expect(await store.idempotency.begin({ ...request(key), route: 'POST /models' })).toEqual({ kind: 'mismatch' });
    expect(await store.idempotency.begin({ ...request(key), principalId: 'key-2' })).toEqual({ kind: 'new' });
  });

  test('a body that is absent comes back as null', async () => {
    const key = newId();
    await store.idempotency.begin(request(key));
    await store.idempotency.complete(key, 'key-1', { status: 204, body: undefined, headers: {} });
    expect(await store.idempotency.begin(request(key))).toMatchObject({ response: { status: 204, body: null } });
  });

  test('a reservation expires; of 10 that come then, one takes over, and only one effect stays', async () => {
    const key = newId();
    await store.idempotency.begin(request(key));
    expect(await store.idempotency.begin(request(key, at(9)))).toEqual({ kind: 'in-flight' });
    expect(await store.idempotency.begin(request(key, at(11), 'other'))).toEqual({ kind: 'mismatch' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.idempotency.begin(request(key, at(11)))));
    expect(answers.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    const effect = (projectId: string) =>
      store.transaction(async (inside) => {
        await insertJob({ ...store, ...inside }, {}, { projectId });
        await inside.idempotency.complete(key, 'key-1', response);
      });
    const projectId = newId();
    const effects = await Promise.allSettled([effect(projectId), effect(projectId)]);
    expect(effects.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(effects.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { type: 'conflict' } });
    expect((await store.jobs.list({ projectId, limit: 10 })).items).toHaveLength(1);
  });

  test('a reservation that is renewed does not expire; a stored answer stays as it is', async () => {
    const key = newId();
    await store.idempotency.begin(request(key));
    await store.idempotency.renew(key, 'key-1', at(19));
    expect(await store.idempotency.begin(request(key, at(11)))).toEqual({ kind: 'in-flight' });
    expect(await store.idempotency.begin(request(key, at(20)))).toEqual({ kind: 'new' });
    await store.idempotency.complete(key, 'key-1', response);
    await store.idempotency.renew(key, 'key-1', at(60));
    expect(await store.idempotency.begin(request(key, at(30)))).toEqual({ kind: 'replay', response });
  });

  test('a key that is given back is new again; a completed one stays', async () => {
    const key = newId();
    await store.idempotency.begin(request(key));
    await store.idempotency.abandon(key, 'key-1');
    expect(await store.idempotency.begin(request(key))).toEqual({ kind: 'new' });
    await store.idempotency.complete(key, 'key-1', response);
    await store.idempotency.abandon(key, 'key-1');
    expect(await store.idempotency.begin(request(key))).toMatchObject({ kind: 'replay' });
  });

  test('purge takes the old ones', async () => {
    const [old, young] = [newId(), newId()];
    await store.idempotency.begin(request(old, new Date(0)));
    await store.idempotency.begin(request(young, at(0)));
    const none = new Date(0);
    const purge = (isDryRun: boolean) =>
      store.retention.expired({
        ...{
          keysBefore: new Date(1),
          sessionsBefore: none,
          straysBefore: none,
          auditBefore: none,
          noticesBefore: none,
        },
        isDryRun,
      });
    expect([await purge(true), await purge(false)]).toEqual([1, 1]);
    expect(await purge(false)).toBe(0);
    expect(await store.idempotency.begin(request(young))).toEqual({ kind: 'in-flight' });
    expect(await store.idempotency.begin(request(old))).toEqual({ kind: 'new' });
  });
});
