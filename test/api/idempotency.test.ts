import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import { addKey, ApiWorld, errorOf, type Answer } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const submit = (key: string, service: string, bearer = world.key): Promise<Answer> =>
  world.call('POST', '/api/v1/jobs', {
    body: { service, command: 'train' },
    headers: { 'idempotency-key': key },
    bearer,
  });
const jobsOf = async (service: string) =>
  (await world.store.jobs.list({ projectId: 'default', service, limit: 100 })).items.map((job) => job.id);

test('a repeat gets the first answer again and makes nothing', async () => {
  const first = await submit('one', 'replayed');
  const again = await submit('one', 'replayed');
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect([first, again].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
  expect(await jobsOf('replayed')).toEqual([first.json<JobView>().id]);
});

test('the same key for something else is refused', async () => {
  await submit('two', 'mismatch');
  const otherBody = await submit('two', 'mismatch-else');
  expect([otherBody.status, errorOf(otherBody)]).toEqual([422, 'idempotency-mismatch']);
  const [id] = await jobsOf('mismatch');
  const otherRoute = await world.call('POST', `/api/v1/jobs/${id}/cancel`, { headers: { 'idempotency-key': 'two' } });
  expect([otherRoute.status, errorOf(otherRoute)]).toEqual([422, 'idempotency-mismatch']);
  expect(await jobsOf('mismatch-else')).toEqual([]);
  // An idempotency key belongs to its sender.
  expect((await submit('two', 'mismatch-else', await addKey(world.store, 'other'))).status).toBe(202);
});

test('twenty at once make one job', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => submit('three', 'crowd')));
  const taken = answers.filter((answer) => answer.status === 202);
  const refused = answers.filter((answer) => answer.status !== 202);
  const ids = await jobsOf('crowd');
  expect(ids.length).toBe(1);
  expect(taken.filter((answer) => answer.headers.get('idempotent-replayed') === null).length).toBe(1);
  for (const answer of taken) expect(answer.json<JobView>().id).toBe(ids[0]);
  for (const answer of refused) {
    expect([answer.status, errorOf(answer)]).toEqual([409, 'idempotency-in-flight']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await submit('three', 'crowd')).headers.get('idempotent-replayed')).toBe('true');
});

test('a failure gives the key back', async () => {
  const send = () =>
    world.call('POST', '/api/v1/jobs', {
      body: { service: 'released', command: 'train', placement: { providers: ['late'] } },
      headers: { 'idempotency-key': 'four' },
    });
  expect((await send()).status).toBe(422);
  const local = await world.store.providers.find('local');
  if (local === null) throw new Error('no provider');
  await world.store.providers.upsert({ ...local, name: 'late' });
  const answer = await send();
  expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([202, null]);
  expect((await jobsOf('released')).length).toBe(1);
});

test('a cancel is replayed with the state it answered then', async () => {
  const { id } = (await submit('five', 'cancelled')).json<JobView>();
  const cancel = () => world.call('POST', `/api/v1/jobs/${id}/cancel`, { headers: { 'idempotency-key': 'six' } });
  const first = await cancel();
  await world.store.jobs.transition(id, 'cancelled');
  const again = await cancel();
  expect([again.status, again.text]).toEqual([202, first.text]);
});

test('keys have 1 to 255 visible characters', async () => {
  expect((await submit('x'.repeat(255), 'key-length')).status).toBe(202);
  for (const key of ['x'.repeat(256), 'has space', 'é', 'tab\there']) {
    const answer = await submit(key, 'odd-key');
    expect([key, answer.status, errorOf(answer)]).toEqual([key, 400, 'malformed-request']);
  }
  expect(await jobsOf('odd-key')).toEqual([]);
});
