import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys, type ModelSignature, type OverviewView, type RegistryItem } from '@artenic/core';
import { addKey, ApiWorld } from './harness.ts';

const signature: ModelSignature = { inputs: [], outputs: [], labels: null };
let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const register = (model: string, accuracy: number) =>
  world.store.models.register({
    ...{ model, projectId: 'default', format: 'onnx', sha256: 'a'.repeat(64), bytes: 1, signature },
    ...{ metrics: { accuracy }, jobId: null, createdBy: 'admin', createdAt: new Date() },
  });

test('an empty installation has sums of nothing and every day', async () => {
  const overview = (await world.call('GET', '/api/v1/overview')).json<OverviewView>();
  expect(overview).toMatchObject({ timeToStart: null, recoveries: 0, models: 0, versions: 0, usableProviders: 1 });
  expect(overview.days).toHaveLength(14);
  expect(overview.days.at(-1)?.day).toBe(new Date().toISOString().slice(0, 10));
  expect(Object.values(overview.jobsByState).every((jobs) => jobs === 0)).toBe(true);
  expect((await world.call('GET', '/api/v1/activity')).json()).toEqual({ items: [], nextBefore: null });
});

test('jobs are counted by state and day, and only those of the project', async () => {
  const job = await world.addJob();
  await world.store.jobs.transition(job.id, 'cancelling');
  await world.store.jobs.transition(job.id, 'cancelled');
  await world.addJob();
  const overview = (await world.call('GET', '/api/v1/overview')).json<OverviewView>();
  expect(overview.jobsByState).toMatchObject({ cancelled: 1, queued: 1, running: 0 });
  expect(overview.days.at(-1)).toMatchObject({ cancelled: 1, succeeded: 0 });
  const bearer = await addKey(world.store, 'stranger', 'other');
  const theirs = (await world.call('GET', '/api/v1/overview', { bearer })).json<OverviewView>();
  expect(theirs.jobsByState).toMatchObject({ cancelled: 0, queued: 0 });
  await world.store.events.sequence();
  expect((await world.call('GET', '/api/v1/activity', { bearer })).json()).toMatchObject({ items: [] });
});

test('activity goes back page by page without holes', async () => {
  await world.store.events.sequence();
  type Page = { items: { sequence: number }[]; nextBefore: number | null };
  const all = (await world.call('GET', '/api/v1/activity?limit=100')).json<Page>();
  const paged: number[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null;) {
    const page: Page = (await world.call('GET', `/api/v1/activity?limit=2&before=${before}`)).json<Page>();
    paged.push(...page.items.map((item) => item.sequence));
    before = page.nextBefore;
  }
  expect(paged.length).toBeGreaterThan(2);
  expect(paged).toEqual(all.items.map((item) => item.sequence));
});

test('the registry has models with their newest versions first', async () => {
  for (let version = 1; version <= 14; version++) await register('iris', version / 20);
  await register('wine', 0.5);
  const { items } = (await world.call('GET', '/api/v1/registry')).json<{ items: RegistryItem[] }>();
  expect(items.map((item) => item.model.name)).toEqual(['iris', 'wine']);
  expect(items[0]?.versions.map((one) => one.version)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  expect(items[0]?.versions[0]?.metrics).toEqual({ accuracy: 0.7 });
});

test('jobs are found by the beginning of a word, the beginning of an id, and several states', async () => {
  const { items } = (await world.call('GET', '/api/v1/jobs')).json<{ items: { id: string; service: string }[] }>();
  const [first] = items;
  const found = async (query: string) =>
    (await world.call('GET', `/api/v1/jobs?${query}`)).json<{ items: unknown[] }>().items.length;
  expect(await found(`search=${first?.id.slice(0, 36)}`)).toBe(1);
  expect(await found(`search=${first?.service.slice(0, 3)}`)).toBe(items.length);
  expect(await found('search=%25')).toBe(0);
  expect(await found('states=cancelled,failed')).toBe(1);
  expect((await world.call('GET', '/api/v1/jobs?states=nonsense')).status).toBe(422);
});

test('outputs are listed by attempt and path', async () => {
  const job = await world.addJob();
  for (let attempt = 1; attempt <= 40; attempt++) await world.openAttempt(job.id, attempt);
  const put = (attempt: number, path: string, text: string) =>
    world.deps.storage.put(objectKeys.output(job.id, attempt, path), Buffer.from(text));
  await Promise.all([
    put(2, 'model.onnx', 'abc'),
    put(1, 'plots/loss.svg', 'a'),
    put(40, 'late', ''),
    put(10, 'x', ''),
  ]);
  expect((await world.call('GET', `/api/v1/jobs/${job.id}/outputs`)).json()).toEqual({
    items: [
      { attempt: 1, path: 'plots/loss.svg', bytes: 1 },
      { attempt: 2, path: 'model.onnx', bytes: 3 },
      { attempt: 10, path: 'x', bytes: 0 },
      { attempt: 40, path: 'late', bytes: 0 },
    ],
    nextCursor: null,
  });
});

test('the installation says what it is', async () => {
  expect((await world.call('GET', '/api/v1/platform')).json()).toEqual({
    ...{ version: '0.1.0', temporalUi: null, temporalNamespace: 'default' },
  });
});

test('what belongs to a job or a model comes in pages, all of it once and in order', async () => {
  const { id } = await world.addJob();
  for (let attempt = 1; attempt <= 5; attempt++) await world.openAttempt(id, attempt);
  for (let decision = 1; decision <= 5; decision++)
    await world.store.decisions.insert({
      ...{ jobId: id, decision, policyVersion: 'p', inputs: { long: 'x'.repeat(1000) }, decidedAt: new Date() },
      action: { kind: 'wait', waitMs: 1, reason: '' },
    });
  for (const path of ['1/outputs/b', '1/outputs/a, b', '5/outputs/a', '2/outputs/c', '1/outputs/d/e'])
    await world.deps.storage.put(`${objectKeys.attempts(id)}${path}`, new Uint8Array(3));
  for (let version = 0; version < 5; version++) await register('paged', 0.5);
  type Item = Readonly<Record<string, unknown>>;
  const all = async (path: string, limit: number): Promise<readonly Item[]> => {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = `limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: { items: Item[]; nextCursor: string | null } = (await world.call('GET', `${path}?${query}`)).json();
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  };
  for (let zone = 1; zone <= 5; zone++)
    await world.store.launchRefusals.record({
      ...{ jobId: id, kind: 'stockout', message: 'none', attempt: 1, launch: zone, at: new Date() },
      offer: { provider: 'p', region: 'r', zone: `z${zone}`, instanceType: 't', spot: false, priceUsdMicrosPerHour: 1 },
    });
  const paths = ['attempts', 'decisions', 'refusals', 'outputs'].map((name) => `/api/v1/jobs/${id}/${name}`);
  for (const path of [...paths, '/api/v1/models/paged/versions', '/api/v1/models/paged/stage-history']) {
    const whole = (await world.call('GET', path)).json<{ items: Item[]; nextCursor: string | null }>();
    expect([whole.items.length, whole.nextCursor]).toEqual([5, null]);
    expect(await all(path, 2)).toEqual(whole.items);
    const forged = [
      'nonsense',
      Buffer.from('["x"]').toString('base64url'),
      Buffer.from('["9e9"]').toString('base64url'),
    ];
    for (const cursor of forged) expect((await world.call('GET', `${path}?cursor=${cursor}`)).status).toBe(422);
  }
  expect(
    (await all(`/api/v1/jobs/${id}/outputs`, 2)).map(({ attempt, path, bytes }) => [attempt, path, bytes]),
  ).toEqual([
    [1, 'a, b', 3],
    [1, 'b', 3],
    [1, 'd/e', 3],
    [2, 'c', 3],
    [5, 'a', 3],
  ]);
});
