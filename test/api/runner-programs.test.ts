import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import { ApiWorld, errorOf, keyPepper } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const attemptId = 'some-job/attempt-3';
const bearer = bootstrapTokenOf(keyPepper, attemptId);
const pathOf = (sha256: string, attempt = attemptId) =>
  `/api/v1/runner/programs/${sha256}?${new URLSearchParams({ attempt }).toString()}`;

test('a machine that boots gets the program whose hash it knows, with the bootstrap token of its attempt', async () => {
  const program = randomBytes(300_000);
  const sha256 = createHash('sha256').update(program).digest('hex');
  await world.deps.storage.put(objectKeys.program(sha256), program);
  const response = await fetch(`${world.url}${pathOf(sha256)}`, { headers: { authorization: `Bearer ${bearer}` } });
  expect([response.status, response.headers.get('content-length')]).toEqual([200, String(program.length)]);
  expect(program.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
});

test('nobody else gets one, and no other object', async () => {
  const sha256 = 'ab'.repeat(32);
  await world.deps.storage.put(objectKeys.program(sha256), Buffer.from('program'));
  await world.deps.storage.put(objectKeys.package('cd'.repeat(32)), Buffer.from('package'));
  for (const wrong of [null, world.key, bootstrapTokenOf(keyPepper, 'some-job/attempt-4'), `${bearer}x`]) {
    const answer = await world.call('GET', pathOf(sha256), { bearer: wrong });
    expect([answer.status, errorOf(answer)]).toEqual([401, 'unauthorized']);
  }
  expect((await world.call('GET', pathOf(sha256, 'some-job/attempt-4'), { bearer })).status).toBe(401);
  expect((await world.call('GET', pathOf('cd'.repeat(32)), { bearer })).status).toBe(404);
  expect((await world.call('GET', pathOf('not-a-hash'), { bearer })).status).toBe(422);
});
