import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditEntry, JobView, Page } from '@artenic/core';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const audit = async (query = '', bearer = world.key) =>
  (await world.call('GET', `/api/v1/audit${query}`, { bearer })).json<Page<AuditEntry>>().items;

test('what a caller did is found by the request that did it', async () => {
  const submitted = await world.call('POST', '/api/v1/jobs', { body: { service: 'penguins', command: 'train' } });
  const { id } = submitted.json<JobView>();
  await world.call('POST', `/api/v1/jobs/${id}/cancel`);
  const found = await audit(`?subject=${id}`);
  expect(found.map(({ verb }) => verb)).toEqual(['job.cancel', 'job.submit']);
  expect(found[1]).toMatchObject({
    principal: { kind: 'key', name: 'admin' },
    requestId: submitted.headers.get('x-request-id'),
    details: { service: 'penguins' },
  });
  expect(await audit(`?verb=job.cancel&principal=${found[1]?.principal.id}`)).toHaveLength(1);
  expect(await audit('?principal=system:relay')).toEqual([]);
});

test('a request that is repeated with its idempotency key is told once', async () => {
  const headers = { 'idempotency-key': 'audit-1' };
  const body = { service: 'repeated', command: 'train' };
  const first = await world.call('POST', '/api/v1/jobs', { body, headers });
  const again = await world.call('POST', '/api/v1/jobs', { body, headers });
  expect(again.json<JobView>().id).toBe(first.json<JobView>().id);
  expect(await audit(`?subject=${first.json<JobView>().id}`)).toHaveLength(1);
});

test('sign-ins and sign-outs are told under the key that they belong to', async () => {
  const signedIn = await world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey: world.key } });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  await world.call('POST', '/api/v1/session/sign-out', { bearer: null, headers: { cookie, origin: world.url } });
  const found = (await audit()).filter(({ verb }) => verb.startsWith('session.'));
  expect(found.map(({ verb, principal }) => [verb, principal.kind])).toEqual([
    ['session.end', 'session'],
    ['session.open', 'session'],
  ]);
});

test("another project's entries are not shown, and unknown verbs are refused", async () => {
  const stranger = await addKey(world.store, 'stranger', 'other');
  expect((await audit('', stranger)).filter(({ projectId }) => projectId === 'default')).toEqual([]);
  expect((await world.call('GET', '/api/v1/audit?verb=job.forgotten')).status).toBe(422);
});
