import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditEntry, BestModelView, ModelVersionView, Page } from '@artenic/core';
import { defaultLimits } from '../../api/deps.ts';
import { softmaxModel } from '../serving/models.ts';
import { ApiWorld, errorOf, type Answer } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits: { ...defaultLimits, uploadBytes: 10_000 } });
});
afterAll(() => world.close());

const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const modelNamed = (name: string): Buffer => Buffer.from(softmaxModel(JSON.stringify([`${name}-1`, `${name}-2`])));
const call = (method: string, path: string, body?: object): Promise<Answer> =>
  world.call(method, `/api/v1/models${path}`, body === undefined ? {} : { body });

async function register(model: string, metrics: Readonly<Record<string, number>>): Promise<ModelVersionView> {
  const content = modelNamed(`${model}-${JSON.stringify(metrics)}`);
  await world.call('PUT', `/api/v1/objects/models/${hashOf(content)}`, { body: content });
  const made = await call('POST', '', { model, sha256: hashOf(content), metrics, tags: ['first'] });
  expect(made.status).toBe(201);
  return made.json<ModelVersionView>();
}

const form = (name: string, content: Uint8Array, boundary: string) => ({
  body: Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="note"\r\n\r\nnothing\r\n`),
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]),
  headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
});

/** A version whose file nothing opens. */
const note = (model: string, metrics: Readonly<Record<string, number>>) =>
  world.store.models.register({
    ...{ model, projectId: 'default', format: 'onnx', sha256: hashOf(Buffer.from(model)), bytes: 1, metrics },
    ...{ signature: { inputs: [], outputs: [], labels: null }, jobId: null, createdBy: 'admin', createdAt: new Date() },
    tags: ['first'],
  });

test('the best version by a metric: the first of equal ones, without retired ones and those without the metric', async () => {
  await note('best-a', { auc: 0.8, cost: 3 });
  await note('best-a', { auc: 0.9, cost: 2 });
  await note('best-b', { auc: 0.9, latency_ms: 4 });
  await note('best-b', { latency_ms: 1 });
  await note('best-b', { auc: 0.99 });
  await call('POST', '/best-b/versions/3/retire');
  const best = async (query: string) => (await call('GET', `/best?${query}`)).json<BestModelView>();
  expect(await best('metric=auc')).toMatchObject({
    ...{ metric: 'auc', direction: 'max', compared: 3, withoutMetric: 1, ties: 1, value: 0.9 },
    version: { model: 'best-a', version: 2 },
  });
  expect(await best('metric=auc&retired=true')).toMatchObject({ value: 0.99, version: { version: 3 } });
  expect(await best('metric=auc&service=best-b')).toMatchObject({
    compared: 1,
    version: { model: 'best-b', version: 1 },
  });
  expect(await best('metric=auc&direction=min')).toMatchObject({ direction: 'min', value: 0.8 });
  expect(await best('metric=rmse')).toMatchObject({ direction: 'min', compared: 0, withoutMetric: 4, version: null });
  const unknown = await call('GET', '/best?metric=cost');
  expect([unknown.status, unknown.text]).toEqual([422, expect.stringContaining('give `direction`')]);
  expect(await best('metric=cost&direction=min')).toMatchObject({ version: { model: 'best-a', version: 2 } });
});

test('details of a version change with a history of who changed what', async () => {
  await note('edited', { auc: 0.5 });
  const change = { description: 'for penguins', tags: ['a', 'b', 'a'], framework: 'torch', metadata: { rows: 344 } };
  const changed = await call('PATCH', '/edited/versions/1', { ...change, metrics: { auc: null, f1: 0.7 } });
  const after = { ...change, tags: ['a', 'b'], metrics: { f1: 0.7 }, author: null };
  expect([changed.status, changed.json()]).toEqual([200, expect.objectContaining(after)]);
  expect((await call('PATCH', '/edited/versions/1', change)).status).toBe(200);
  expect((await call('PATCH', '/edited/versions/1', { stage: 'production' })).status).toBe(422);
  const entries = (await world.call('GET', '/api/v1/audit?subject=edited/1&verb=model.change')).json<
    Page<AuditEntry>
  >();
  expect(entries.items.map(({ principal, details }) => [principal.name, details])).toEqual([
    [
      'admin',
      {
        ...{ 'description before': '', 'description after': 'for penguins' },
        ...{ 'tags before': '["first"]', 'tags after': '["a","b"]' },
        ...{ 'framework before': 'null', 'framework after': 'torch' },
        ...{ 'metadata before': '{}', 'metadata after': '{"rows":344}' },
        ...{ 'metrics before': '{"auc":0.5}', 'metrics after': '{"f1":0.7}' },
      },
    ],
  ]);
});

test('a version that something needs is not deleted; a deleted one stays deleted and its number is not given again', async () => {
  await register('held', { auc: 1 });
  await note('held', { auc: 2 });
  await call('POST', '/held/versions/1/promote');
  const inProduction = await call('DELETE', '/held/versions/1');
  expect([inProduction.status, inProduction.text]).toEqual([409, expect.stringContaining('is in production')]);
  await call('PATCH', '/held/versions/1/stage', { stage: 'staging' });
  const loaded = await call('DELETE', '/held/versions/1');
  expect([loaded.status, loaded.text]).toEqual([409, expect.stringContaining('is loaded for predictions')]);
  await call('POST', '/held/versions/1/retire');
  const edge = { source: { kind: 'model-version', id: 'held@1' }, target: { kind: 'artifact', id: 'report' } };
  await world.call('POST', '/api/v1/lineage', { body: { ...edge, relation: 'derived' } });
  for (const _ of [1, 2]) expect((await call('DELETE', '/held/versions/1')).status).toBe(204);
  expect((await call('GET', '/held/versions/1')).status).toBe(404);
  expect((await call('DELETE', '/held/versions/9')).status).toBe(404);
  expect(await note('held', { auc: 3 })).toMatchObject({ version: 3 });
});

test('an older client registers a model, stores its file, moves and deletes it', async () => {
  const body = {
    id: 'fraud-v1',
    name: 'Fraud Net',
    framework: 'sklearn',
    metrics: { auc: 0.9, nan: null },
    version: '1.0',
  };
  const made = await call('POST', '', body);
  expect([made.status, made.json()]).toEqual([
    201,
    expect.objectContaining({
      ...{ id: 'fraud-v1', name: 'fraud-net', stage: 'draft', framework: 'sklearn', sha256: null },
      ...{ metrics: { auc: 0.9 }, metadata: { version: '1.0' } },
    }),
  ]);
  expect((await call('POST', '', body)).status).toBe(409);
  expect((await call('POST', '', { framework: 'sklearn' })).status).toBe(422);
  expect((await call('GET', '/fraud-v1/artifact')).status).toBe(404);
  const early = await call('POST', '/fraud-v1/promote');
  expect([early.status, early.text]).toEqual([409, expect.stringContaining('no file')]);
  const content = modelNamed('fraud');
  const put = (sent: object) => world.call('PUT', '/api/v1/models/fraud-v1/artifact', sent);
  expect((await put(form('model.onnx', Buffer.alloc(11_000), 'b'))).status).toBe(413);
  expect((await put(form('model.onnx', Buffer.from('broken'), 'b'))).status).toBe(422);
  for (const sent of [form('model.onnx', content, '----x1'), { body: content }])
    expect((await put(sent)).json()).toMatchObject({ id: 'fraud-v1', sha256: hashOf(content), bytes: content.length });
  const other = await put({ body: modelNamed('another') });
  expect([other.status, errorOf(other)]).toEqual([409, 'conflict']);
  const part = await world.call('GET', '/api/v1/models/fraud-v1/artifact', { headers: { range: 'bytes=0-9' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-9/${content.length}`]);
  expect(
    (await call('PATCH', '/fraud-v1', { description: 'nets', metadata: { a: 1 }, metrics: { f1: 1 } })).json(),
  ).toMatchObject({
    ...{ description: 'nets', metadata: { version: '1.0', a: 1 }, metrics: { auc: 0.9, f1: 1 } },
  });
  expect((await call('PATCH', '/fraud-v1/stage', { stage: 'staging' })).json()).toMatchObject({ stage: 'staging' });
  expect((await call('POST', '/fraud-v1/promote')).json()).toMatchObject({ stage: 'production', id: 'fraud-v1' });
  expect((await call('GET', '/fraud-v1')).json()).toMatchObject({ id: 'fraud-v1', stage: 'production' });
  expect((await call('GET', '/fraud-net')).json()).toMatchObject({
    name: 'fraud-net',
    productionVersion: 1,
    framework: 'sklearn',
  });
  for (const query of ['offset=0&framework=sklearn', 'name=Fraud%20Net', 'stage=production&framework=sklearn'])
    expect((await call('GET', `?${query}`)).json()).toMatchObject({ items: [{ id: 'fraud-v1', name: 'fraud-net' }] });
  expect((await call('GET', '?offset=1&framework=sklearn')).json()).toEqual({ items: [], nextCursor: null });
  expect((await call('POST', '/fraud-v1/retire')).json()).toMatchObject({ stage: 'retired' });
  expect((await call('DELETE', '/fraud-v1')).status).toBe(204);
  expect((await call('GET', '/fraud-v1')).status).toBe(404);
});
