import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient, type ArtenicClient } from '@artenic/client';
import { ApiWorld } from '../../api/harness.ts';

let world: ApiWorld;
let client: ArtenicClient;
beforeAll(async () => {
  world = await ApiWorld.start();
  client = createClient({ url: world.url, apiKey: world.key, retries: 0 });
});
afterAll(() => world.close());

test('jobs are found by filters in an order, by a shortened id, and by words', async () => {
  const one = await world.addJob({ service: 'pricing', name: 'one', labels: { team: 'growth', kind: 'a' } });
  const two = await world.addJob({ service: 'pricing', name: 'two', labels: { team: 'growth' } });
  const names: string[] = [];
  const query = { label: ['team=growth'], state: ['queued', 'running'], sort: 'name', pageSize: 1 } as const;
  for await (const { name } of client.jobs.list(query)) names.push(name);
  expect(names).toEqual(['one', 'two']);
  expect((await client.jobs.get(two.id.slice(-8))).id).toBe(two.id);
  expect(await client.search('gro', { limit: 1 })).toMatchObject([{ kind: 'job' }]);
  expect(await client.search(one.id.slice(-8))).toMatchObject([{ kind: 'job', id: one.id, title: 'one' }]);
  expect(
    (await client.jobs.csv({ service: 'pricing', sort: '-name' })).split('\r\n').map((row) => row.split(',')[1]),
  ).toEqual([...['name', 'two', 'one', undefined]]);
  expect((await client.jobs.cancelMany({ filter: { label: ['kind=a'] }, expected: 1 })).requested).toMatchObject([
    { id: one.id },
  ]);
  await expect(client.jobs.cancelMany({ filter: { service: 'pricing' }, expected: 5 })).rejects.toMatchObject({
    problem: { status: 409 },
  });
});

test('an id that fits several jobs names them', async () => {
  const ids = ['01a22bd4-0000-7a0b-8120-45670abcdef0', '01a22bd4-0000-7a0b-8121-45670abcdef0'];
  const { spec } = await world.addJob({ service: 'alike' });
  for (const [index, id] of ids.entries()) {
    const principal = { name: 'someone', projectId: 'default' };
    await world.store.jobs.insert({ id, name: `seed=${index}`, spec, principal, createdAt: new Date(index) });
  }
  await expect(client.jobs.get('0abcdef0')).rejects.toMatchObject({
    problem: { type: 'urn:artenic:error:ambiguous-id', candidates: [{ name: 'seed=1' }, { name: 'seed=0' }] },
  });
});

test('saved views are made, changed and deleted', async () => {
  const input = { page: 'jobs', name: 'Failed', query: 'state=failed', columns: ['name'] };
  const { id } = await client.views.create(input);
  await client.views.update(id, { ...input, name: 'Failed jobs' });
  expect(await client.views.list('jobs')).toMatchObject([{ id, name: 'Failed jobs' }]);
  await client.views.delete(id);
  expect(await client.views.list()).toEqual([]);
});
