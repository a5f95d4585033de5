import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobSpecSchema } from '@artenic/core';
import { addKey, ApiWorld, errorOf } from './harness.ts';

let world: ApiWorld;
let stranger: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  stranger = await addKey(world.store, 'stranger', 'other');
});
afterAll(() => world.close());

async function addJob(id: string, projectId = 'default', name = 'seed=1'): Promise<string> {
  const spec = jobSpecSchema.parse({ service: 'pricing', command: 'train' });
  const { id: made } = await world.store.jobs.insert({
    ...{ id, name, spec, createdAt: new Date(), principal: { name: 'someone', projectId } },
  });
  return made;
}
const found = async (part: string) => (await world.call('GET', `/api/v1/jobs/${part}`)).json<{ id: string }>().id;

test('a job is found by any unambiguous beginning or end, with or without dashes, in capitals too', async () => {
  const id = await addJob('01a22bd3-5dc0-7a0b-8123-4567348d4e2b');
  for (const part of [
    ...['348d4e2b', '48d4e2b', '4567348d4e2b', '81234567348d4e2b', '8123-4567348d4e2b', '348D4E2B'],
    ...['01a22bd3', '01a22bd3-5dc0-7a', '01A22BD35DC07A', '01a22bd35dc07a0b81234567348d4e2b', id],
  ])
    expect([part, await found(part)]).toEqual([part, id]);
  for (const path of ['attempts', 'decisions', 'refusals', 'logs', 'metrics', 'outputs'])
    expect([path, (await world.call('GET', `/api/v1/jobs/348d4e2b/${path}`)).status]).toEqual([path, 200]);
  expect((await world.call('GET', '/api/v1/training/348d4e2b')).json()).toMatchObject({ job_id: id });
});

test('writes take a shortened id, and answer with the whole one', async () => {
  const id = await addJob('01a22bd3-5dc0-7a0b-8123-000000c0ffee');
  const held = await world.call('POST', '/api/v1/jobs/c0ffee/signals/hold', { body: { id: 'event-1' } });
  expect(held.json()).toMatchObject({ jobId: id, outcome: 'taken' });
  const cancelled = await world.call('POST', '/api/v1/jobs/c0ffee/cancel');
  expect(cancelled.json()).toMatchObject({ id, state: 'cancelling' });
});

test('an id that fits several jobs is refused with the candidates, newest first', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 3; index++)
    ids.push(await addJob(`01a22bd4-0000-7a0b-812${index}-45670abcdef0`, 'default', `seed=${index}`));
  const answer = await world.call('GET', '/api/v1/jobs/0abcdef0');
  expect([answer.status, errorOf(answer)]).toEqual([409, 'ambiguous-id']);
  const { candidates, detail } = answer.json<{ candidates: Record<string, unknown>[]; detail: string }>();
  expect(detail).toBe('3 job ids start or end with 0abcdef0. Enter more digits.');
  expect(candidates.map(({ id, name }) => [id, name])).toEqual(
    ids.map((id, index) => [id, `seed=${index}`]).toReversed(),
  );
  expect(candidates[0]).toMatchObject({ service: 'pricing', state: 'queued', createdAt: expect.any(String) });
  expect((await world.call('POST', '/api/v1/jobs/0abcdef0/cancel')).status).toBe(409);
  for (const id of ids) expect((await world.store.jobs.get(id)).cancelRequestedAt).toBeNull();
});

test('at most ten candidates are named', async () => {
  for (let index = 10; index < 24; index++) await addJob(`01a22bd5-0000-7a0b-81${index}-4567fedcba98`);
  const { candidates, detail } = (await world.call('GET', '/api/v1/jobs/fedcba98')).json<{
    candidates: unknown[];
    detail: string;
  }>();
  expect(candidates).toHaveLength(10);
  expect(detail).toMatch(/^More than 10 job ids/);
});

test('a job of another project is neither found nor a candidate', async () => {
  const theirs = await addJob('01a22bd6-0000-7a0b-8123-4567aaaaaaa1', 'other');
  expect((await world.call('GET', '/api/v1/jobs/aaaaaaa1')).status).toBe(404);
  const ours = await addJob('01a22bd6-0000-7a0b-8124-4567aaaaaaa1');
  expect(await found('aaaaaaa1')).toBe(ours);
  expect((await world.call('GET', '/api/v1/jobs/aaaaaaa1', { bearer: stranger })).json()).toMatchObject({ id: theirs });
  expect((await world.call('GET', `/api/v1/jobs/${ours}`, { bearer: stranger })).status).toBe(404);
});

test('what fits nothing is not found, and what is no part of an id is refused', async () => {
  for (const part of ['123456', '01a22bd3-ffff', '0'.repeat(32), '0'.repeat(36)])
    expect([part, (await world.call('GET', `/api/v1/jobs/${part}`)).status]).toEqual([
      part,
      part.length === 36 ? 422 : 404,
    ]);
  for (const part of ['4e2b', '12345', '1-2-3-4-5', 'seed=1', '------', 'xyzxyz'])
    expect([part, (await world.call('GET', `/api/v1/jobs/${part}`)).status]).toEqual([part, 422]);
});
