import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SearchItem } from '@artenic/core';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
let stranger: string;
let jobId: string;
const signature = { inputs: [], outputs: [], labels: null };

function register(model: string, projectId = 'default') {
  return world.store.models.register({
    ...{ model, projectId, format: 'onnx', sha256: 'a'.repeat(64), bytes: 1, signature, jobId: null },
    ...{ metrics: {}, createdBy: 'admin', createdAt: new Date() },
  });
}
beforeAll(async () => {
  world = await ApiWorld.start();
  stranger = await addKey(world.store, 'stranger', 'other');
  ({ id: jobId } = await world.addJob({
    name: 'Pricing baseline',
    service: 'pricing-elasticity',
    labels: { team: 'growth' },
  }));
  await world.addJob({ name: 'seed=9', service: 'churn' });
  await world.addJob({ name: 'Their pricing', service: 'pricing-secret' }, 'other');
  for (const [id, name, projectId] of [
    ['set-1', 'pricing-rows', 'default'],
    ['set-2', 'pricing-theirs', 'other'],
    ['set-3', 'old-rows', 'default'],
  ] as const) {
    const dataset = { id, projectId, name, description: '', createdBy: 'admin', createdAt: new Date() };
    await world.store.datasets.insert(dataset);
  }
  await world.store.datasets.remove('set-3', new Date());
  for (const model of ['pricing-elasticity', 'pricing-elasticity', 'churn']) await register(model);
  await register('pricing-secret', 'other');
  const change = { projectId: 'default', name: 'pricing-elasticity', by: 'admin', at: new Date(), reason: '' };
  await world.store.models.setStage({ ...change, version: 1, to: 'production' });
});
afterAll(() => world.close());

async function search(q: string, bearer = world.key, limit = 20): Promise<readonly SearchItem[]> {
  const path = `/api/v1/search?q=${encodeURIComponent(q)}&limit=${limit}`;
  return (await world.call('GET', path, { bearer })).json<{ items: SearchItem[] }>().items;
}
const found = async (q: string) => (await search(q)).map(({ kind, title }) => `${kind} ${title}`);

test('three letters find every kind of object of the project, and nothing of another one', async () => {
  expect(await search('pri')).toEqual([
    { kind: 'service', id: 'pricing-elasticity', title: 'pricing-elasticity', subtitle: 'Service', state: null },
    {
      ...{ kind: 'model', id: 'pricing-elasticity', title: 'pricing-elasticity' },
      ...{ subtitle: 'v1 in production', state: 'production' },
    },
    {
      ...{ kind: 'dataset', id: 'pricing-rows', title: 'pricing-rows' },
      ...{ subtitle: 'no version yet', state: 'created' },
    },
    {
      ...{ kind: 'job', id: jobId, title: 'Pricing baseline', state: 'queued' },
      subtitle: `pricing-elasticity · ${jobId.slice(-8)}`,
    },
  ]);
  expect((await search('pri', stranger)).map(({ id }) => id)).not.toContain(jobId);
  expect((await search('pricing', stranger)).map(({ kind, title }) => `${kind} ${title}`)).toEqual([
    ...['service pricing-secret', 'model pricing-secret', 'dataset pricing-theirs', 'job Their pricing'],
  ]);
  for (const q of [jobId.slice(-8), jobId.slice(-8, -4)]) expect(await search(q, stranger)).toEqual([]);
});

test.each([
  ['elasticity v2', ['version pricing-elasticity v2']],
  ['pricing-elasticity:1', ['version pricing-elasticity v1']],
  ['churn', ['service churn', 'model churn', 'job seed=9']],
  ['loc', ['provider local']],
  ['growth', ['job Pricing baseline']],
  ['pricing BASE', ['job Pricing baseline']],
  ['rows', ['dataset pricing-rows']],
  ['nothing of this', []],
  ["' & ! :*", []],
])('%j finds %j', async (q, expected) => {
  expect(await found(q)).toEqual(expected);
});

test('either end of an id finds its job first', async () => {
  for (const q of [
    jobId,
    jobId.slice(-8),
    jobId.slice(-8, -5),
    jobId.slice(-8, -1),
    jobId.slice(0, 8),
    jobId.replaceAll('-', ''),
  ])
    expect((await search(q))[0]).toMatchObject({ kind: 'job', id: jobId });
});

test('the number of items is bounded, and so is the question', async () => {
  expect(await search('pri', world.key, 1)).toHaveLength(1);
  for (const query of ['', 'q=', `q=${'a'.repeat(101)}`, 'q=a&limit=51', 'q=a&limit=0', 'q=a&kind=job'])
    expect([query, (await world.call('GET', `/api/v1/search?${query}`)).status]).toEqual([query, 422]);
});
