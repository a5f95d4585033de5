import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mostViews, type SavedView } from '@artenic/core';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
let colleague: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  colleague = await addKey(world.store, 'colleague');
});
afterAll(() => world.close());

const view = {
  page: 'jobs',
  name: 'Failed this week',
  query: 'state=failed&sort=-costUsdMicros',
  columns: ['name', 'cost'],
};
const list = async (query = '', bearer = world.key) =>
  (await world.call('GET', `/api/v1/views${query}`, { bearer })).json<{ items: SavedView[] }>().items;
const save = (body: object, bearer = world.key) => world.call('POST', '/api/v1/views', { body, bearer });

test('a view is saved, listed, changed and deleted', async () => {
  const saved = await save(view);
  expect(saved.status).toBe(201);
  const { id } = saved.json<SavedView>();
  expect(await list()).toEqual([saved.json()]);
  expect(await list('?page=jobs')).toHaveLength(1);
  expect(await list('?page=models')).toEqual([]);
  const changed = await world.call('PUT', `/api/v1/views/${id}`, { body: { ...view, name: 'Dear', columns: [] } });
  expect(changed.json<SavedView>()).toMatchObject({ id, name: 'Dear', columns: [], query: view.query });
  expect((await world.call('DELETE', `/api/v1/views/${id}`)).status).toBe(204);
  expect((await world.call('DELETE', `/api/v1/views/${id}`)).status).toBe(404);
  expect((await world.call('PUT', `/api/v1/views/${id}`, { body: view })).status).toBe(404);
  expect(await list()).toEqual([]);
});

test('each user has views of their own', async () => {
  const { id } = (await save(view)).json<SavedView>();
  expect((await save(view, colleague)).status).toBe(201);
  const theirs = await list('', colleague);
  expect(theirs.map((one) => one.id)).not.toContain(id);
  for (const [method, body] of [
    ['PUT', view],
    ['DELETE', undefined],
  ] as const)
    expect((await world.call(method, `/api/v1/views/${id}`, { body, bearer: colleague })).status).toBe(404);
  expect(await list()).toMatchObject([{ id, name: view.name }]);
});

test('a name is used once on a page, also by requests at the same time', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => save({ ...view, name: 'Twice' })));
  expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', '409', '409', '409', '409']);
  expect((await save({ ...view, page: 'models', name: 'Twice' })).status).toBe(201);
  const other = (await save({ ...view, name: 'Other' })).json<SavedView>();
  const renamed = await world.call('PUT', `/api/v1/views/${other.id}`, { body: { ...view, name: 'Twice' } });
  expect(renamed.status).toBe(409);
});

test('a user has at most so many', async () => {
  const bearer = await addKey(world.store, 'collector');
  for (let index = 0; index < mostViews; index++)
    expect((await save({ ...view, name: `View ${index}` }, bearer)).status).toBe(201);
  expect((await save({ ...view, name: 'One more' }, bearer)).status).toBe(409);
  expect(await list('', bearer)).toHaveLength(mostViews);
}, 60_000);

test('a repeated request with its key saves one view', async () => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const body = { ...view, name: 'Once' };
  const answers = [1, 2].map(() => world.call('POST', '/api/v1/views', { body, headers }));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses).toContain(201);
  expect((await list()).filter(({ name }) => name === 'Once')).toHaveLength(1);
});

test.each([
  { ...view, page: 'Jobs!' },
  { ...view, name: '' },
  { ...view, name: 'a'.repeat(81) },
  { ...view, query: 'a'.repeat(2001) },
  { ...view, columns: Array.from({ length: 33 }, () => 'a') },
  { ...view, colour: 'blue' },
])('%.60j is refused', async (body) => {
  expect((await save(body)).status).toBe(422);
});
