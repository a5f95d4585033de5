import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  objectKeys,
  type ModelVersionView,
  type ModelView,
  type Page,
  type PredictResponse,
  type StageChangeView,
} from '@artenic/core';
import { defaultLimits } from '../../api/deps.ts';
import { loopModel, softmaxModel } from '../serving/models.ts';
import { ApiWorld, errorOf, type Answer } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits: { ...defaultLimits, uploadBytes: 10_000 } }, { deadlineMs: 8000 });
});
afterAll(() => world.close());

const hashOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
/** A small valid model, different for each name: its labels identify it. */
const modelNamed = (name: string): Uint8Array => softmaxModel(JSON.stringify([`${name}-first`, `${name}-second`]));
const put = (kind: string, sha256: string, body: string | Uint8Array) =>
  world.call('PUT', `/api/v1/objects/${kind}/${sha256}`, { body });
const head = (kind: string, sha256: string) => world.call('HEAD', `/api/v1/objects/${kind}/${sha256}`);
const act = (model: string, version: number, verb: string, body?: object): Promise<Answer> =>
  world.call('POST', `/api/v1/models/${model}/versions/${version}/${verb}`, body === undefined ? {} : { body });
const predict = (model: string, body: object): Promise<Answer> =>
  world.call('POST', `/api/v1/models/${model}/predict`, { body });

async function register(model: string, name: string, content = modelNamed(name)): Promise<ModelVersionView> {
  await put('models', hashOf(content), content);
  const answer = await world.call('POST', '/api/v1/models', {
    body: { model, sha256: hashOf(content), metrics: { accuracy: 0.5 } },
  });
  expect(answer.status).toBe(201);
  return answer.json<ModelVersionView>();
}

test('an object is stored under its hash once', async () => {
  const content = Buffer.from([0, 255, 1, 254]);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect((await head('data', sha256)).status).toBe(404);
  const first = await put('data', sha256, content);
  expect([first.status, first.json()]).toEqual([201, { key: `data/${sha256}`, bytes: 4 }]);
  expect((await put('data', sha256, content)).status).toBe(200);
  const there = await head('data', sha256);
  expect([there.status, there.headers.get('content-length')]).toEqual([200, '4']);
  expect((await head('packages', sha256)).status).toBe(404);
});

test('content of another hash or of too many bytes never becomes visible', async () => {
  const wrong = await put('models', hashOf('one'), 'another');
  expect([wrong.status, errorOf(wrong)]).toEqual([422, 'validation-failed']);
  expect((await head('models', hashOf('one'))).status).toBe(404);
  const long = 'x'.repeat(10_001);
  expect((await put('data', hashOf(long), long)).status).toBe(413);
  expect((await head('data', hashOf(long))).status).toBe(404);
  expect((await put('data', 'A'.repeat(64), 'x')).status).toBe(422);
  expect((await put('elsewhere', hashOf('x'), 'x')).status).toBe(422);
  // The right content is accepted afterwards.
  expect((await put('models', hashOf('one'), 'one')).status).toBe(201);
});

test('ten uploads of the same object at once leave it whole', async () => {
  const content = 'z'.repeat(9000);
  const answers = await Promise.all(Array.from({ length: 10 }, () => put('data', hashOf(content), content)));
  for (const { status } of answers) expect([200, 201]).toContain(status);
  expect(Buffer.from(await world.deps.storage.read(`data/${hashOf(content)}`, 10_000)).toString()).toBe(content);
});

test('a model must be uploaded and be one', async () => {
  const missing = await world.call('POST', '/api/v1/models', { body: { model: 'm', sha256: hashOf('nowhere') } });
  expect([missing.status, errorOf(missing)]).toEqual([422, 'validation-failed']);
  await put('models', hashOf('broken'), 'broken');
  const broken = await world.call('POST', '/api/v1/models', { body: { model: 'm', sha256: hashOf('broken') } });
  expect([broken.status, errorOf(broken)]).toEqual([422, 'model-rejected']);
  expect((await world.call('GET', '/api/v1/models/m')).status).toBe(404);
});

test('versions count up, move between stages, and every move is in the history', async () => {
  const first = await register('counted', 'c1');
  const second = await register('counted', 'c2');
  expect(first).toMatchObject({
    version: 1,
    stage: 'draft',
    signature: {
      inputs: [{ name: 'x', type: 'float32', shape: ['rows', 2] }],
      outputs: [{ name: 'probabilities', type: 'float32', shape: ['rows', 2] }],
      labels: ['c1-first', 'c1-second'],
    },
    metrics: { accuracy: 0.5 },
    jobId: null,
    bytes: modelNamed('c1').length,
  });
  expect((await act('counted', 1, 'promote', { reason: 'best' })).json()).toMatchObject({
    version: 1,
    stage: 'production',
  });
  expect((await act('counted', second.version, 'promote')).json()).toMatchObject({ version: 2, stage: 'production' });
  const moved = await world.call('PATCH', '/api/v1/models/counted/versions/1/stage', { body: { stage: 'registered' } });
  expect(moved.json()).toMatchObject({ version: 1, stage: 'draft' });
  expect((await act('counted', 1, 'retire')).json()).toMatchObject({ version: 1, stage: 'retired' });
  const back = await act('counted', 1, 'promote');
  expect([back.status, errorOf(back)]).toEqual([409, 'conflict']);
  expect((await act('counted', 3, 'promote')).status).toBe(404);
  expect((await act('counted', 2, 'promote', { because: 'x' })).status).toBe(422);
  const { items } = (await world.call('GET', '/api/v1/models/counted/versions')).json<{ items: ModelVersionView[] }>();
  expect(items.map(({ version, stage }) => [version, stage])).toEqual([
    [2, 'production'],
    [1, 'retired'],
  ]);
  const history = (await world.call('GET', '/api/v1/models/counted/stage-history')).json<{
    items: StageChangeView[];
  }>();
  expect(
    history.items
      .filter(({ from }) => from !== null)
      .map(({ version, from, to, reason, by }) => [version, from, to, reason, by]),
  ).toEqual([
    [1, 'draft', 'production', 'best', 'admin'],
    [1, 'production', 'staging', expect.any(String), 'admin'],
    [2, 'draft', 'production', '', 'admin'],
    [1, 'staging', 'draft', '', 'admin'],
    [1, 'draft', 'retired', '', 'admin'],
  ]);
  const model = (await world.call('GET', '/api/v1/models/counted')).json<ModelView>();
  expect(model).toMatchObject({ latestVersion: 2, productionVersion: 2 });
});

test('ten promotions at once leave one version in production', async () => {
  for (const content of ['p1', 'p2', 'p3']) await register('raced', content);
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => act('raced', (index % 3) + 1, 'promote')));
  for (const { status } of answers) expect(status).toBe(200);
  const { items } = (await world.call('GET', '/api/v1/models/raced/versions')).json<{ items: ModelVersionView[] }>();
  expect(items.filter(({ stage }) => stage === 'production').length).toBe(1);
});

test('the artifact comes back as it was sent', async () => {
  const { bytes } = await register('fetched', 'f1');
  const answer = await world.call('GET', '/api/v1/models/fetched/versions/1/artifact');
  expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(bytes)]);
  expect(answer.text).toBe(Buffer.from(modelNamed('f1')).toString());
  expect(answer.headers.get('content-disposition')).toContain('fetched-1.onnx');
  expect((await world.call('GET', '/api/v1/models/fetched/versions/2/artifact')).status).toBe(404);
  // The length is that of the stored object, not of the registered one.
  const { storage } = world.deps;
  const key = objectKeys.model(hashOf(modelNamed('f1')));
  await storage.put(key, Buffer.from('longer or shorter'));
  const changed = await world.call('GET', '/api/v1/models/fetched/versions/1/artifact');
  expect([changed.headers.get('content-length'), changed.text]).toEqual(['17', 'longer or shorter']);
  await storage.delete(key);
  expect((await world.call('GET', '/api/v1/models/fetched/versions/1/artifact')).status).toBe(404);
});

test('models are listed by name, page by page', async () => {
  for (const name of ['list-b', 'list-a', 'list-c']) await register(name, name);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const path = `/api/v1/models?limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: Page<ModelView> = (await world.call('GET', path)).json();
    seen.push(...page.items.map((model) => model.name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual([...new Set(seen)].toSorted());
  expect(seen).toEqual(expect.arrayContaining(['list-a', 'list-b', 'list-c']));
  expect((await world.call('GET', '/api/v1/models?cursor=nonsense')).status).toBe(422);
});

test('a prediction takes the version in production, or the one that is named', async () => {
  await register('asked', 'a1');
  await register('asked', 'a2');
  const inputs = { x: [1, 3] };
  const none = await predict('asked', { inputs });
  expect([none.status, errorOf(none)]).toEqual([409, 'conflict']);
  expect((await predict('unheard-of', { inputs })).status).toBe(404);
  expect((await predict('asked', { inputs, version: 9 })).status).toBe(404);
  await act('asked', 2, 'promote');
  const answer = (await predict('asked', { inputs })).json<PredictResponse>();
  expect(answer).toMatchObject({ model: 'asked', version: 2, label: 'a2-second' });
  const [first = 0, second = 0] = answer.outputs['probabilities'] as readonly number[];
  expect(first).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
  expect(first + second).toBeCloseTo(1, 6);
  const named = (await predict('asked', { inputs, version: 1 })).json<PredictResponse>();
  expect(named).toMatchObject({ version: 1, label: 'a1-second' });
  const older = await world.call('POST', '/api/v1/services/asked/predict', { body: { inputs } });
  expect(older.json<PredictResponse>()).toMatchObject({ version: 2, label: 'a2-second' });
  await act('asked', 1, 'retire');
  const retired = await predict('asked', { inputs, version: 1 });
  expect([retired.status, errorOf(retired)]).toEqual([409, 'conflict']);
});

test('wrong inputs are 422, a slow model is 504', async () => {
  await register('strict', 's1');
  for (const body of [
    {},
    { inputs: { x: null }, version: 1 },
    { inputs: {}, version: 0 },
    { inputs: {}, version: 1.5 },
    { inputs: {}, more: 1 },
    { inputs: {}, version: 1 },
    { inputs: { x: [1, 'two'] }, version: 1 },
    { inputs: { x: [1, 2, 3] }, version: 1 },
    { inputs: { x: [1, 2], y: 1 }, version: 1 },
  ])
    expect([body, (await predict('strict', body)).status]).toEqual([body, 422]);
  await register('endless', 'e1', loopModel());
  const slow = await predict('endless', { inputs: { n: 1_000_000_000 }, version: 1 });
  expect([slow.status, errorOf(slow)]).toEqual([504, 'deadline-exceeded']);
});
