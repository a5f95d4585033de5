import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FeatureView, LineageGraph, Page, Problem, RunIo, RunView, SeenModels } from '@artenic/core';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

type Options = NonNullable<Parameters<ApiWorld['call']>[2]>;
const call = (method: string, path: string, body?: object, options: Options = {}) =>
  world.call(method, `/api/v1${path}`, { ...options, ...(body === undefined ? {} : { body }) });
async function made<T>(path: string, body: object): Promise<T> {
  const answer = await call('POST', path, body);
  expect([path, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([path, 201, '']);
  return answer.json<T>();
}
const detailOf = (answer: Awaited<ReturnType<typeof call>>) => [answer.status, answer.json<Problem>().detail];

async function makeDataset(name: string): Promise<string> {
  const content = `content of ${name}`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  await world.call('PUT', `/api/v1/objects/data/${sha256}`, {
    body: Buffer.from(content),
    headers: { 'content-type': 'application/octet-stream' },
  });
  const { id } = await made<{ id: string }>('/datasets', { name });
  await made(`/datasets/${name}/versions`, { put: [{ path: 'a.csv', sha256, bytes: content.length }] });
  return id;
}
const register = (model: string, jobId: string | null = null) =>
  world.store.models.register({
    ...{ model, projectId: 'default', format: 'onnx', sha256: 'b'.repeat(64), bytes: 1, metrics: {}, jobId },
    ...{ signature: { inputs: [], outputs: [], labels: null }, createdBy: 'x', createdAt: new Date() },
  });
const graph = async (path: string) => {
  const answer = await call('GET', path);
  expect([path, answer.status]).toEqual([path, 200]);
  const { nodes, edges, truncated } = answer.json<LineageGraph>();
  return {
    names: nodes.map(({ kind, name, depth }) => `${depth} ${kind} ${name}`).toSorted(),
    edges,
    truncated,
    nodes,
  };
};

describe('the graph', () => {
  test('leads from a dataset over a run to the stage of a model, and back', async () => {
    const dataset = await makeDataset('walked');
    await register('walked-model');
    const run = await made<RunView>('/runs', {
      ...{ name: 'elsewhere', inputs: [{ id: 'walked@latest' }], outputs: [{ id: 'walked-model@1' }] },
    });
    await world.store.models.setStage({
      ...{ projectId: 'default', name: 'walked-model', version: 1, to: 'production', by: 'x', at: new Date() },
      reason: '',
    });
    const down = await graph(`/lineage/dataset/walked/graph?direction=down`);
    expect(down.names).toEqual([
      '0 dataset walked',
      '1 dataset-version walked@1',
      '2 run elsewhere',
      '3 model-version walked-model@1',
      '4 stage walked-model@production',
    ]);
    expect(down.edges.map(({ relation, origin }) => `${relation} ${origin}`).toSorted()).toEqual([
      ...['input declared', 'output declared', 'stage platform', 'version platform'],
    ]);
    const up = await graph(`/lineage/model-version/walked-model@production/graph?direction=up&depth=2`);
    expect(up.names).toEqual([
      '-1 model walked-model',
      '-1 run elsewhere',
      '-2 dataset-version walked@1',
      '0 model-version walked-model@1',
    ]);
    expect((await graph(`/lineage/run/${run.id.slice(-8)}/graph?limit=2`)).truncated).toBe(true);
    // The older path finds the only thing with the id.
    expect((await graph(`/lineage/${dataset}/graph?direction=down`)).names).toEqual(down.names);
  });

  test('has the versions of datasets that a job was submitted with', async () => {
    await makeDataset('of-a-job');
    const data = [{ dataset: 'of-a-job@latest', paths: ['*.csv'] }];
    const { id } = (await call('POST', '/jobs', { service: 'iris', command: 'true', data })).json<{ id: string }>();
    const { names, edges } = await graph(`/lineage/run/${id}/graph?direction=up`);
    expect(names).toContain('-1 dataset-version of-a-job@1');
    expect(edges.find(({ relation }) => relation === 'input')).toMatchObject({ origin: 'platform', paths: ['*.csv'] });
  });

  test('a deleted thing stays in it, by its id, as long as something names it', async () => {
    const dataset = await makeDataset('gone');
    const run = await made<RunView>('/runs', { inputs: [{ id: 'gone@1', kind: 'dataset-version' }] });
    await call('DELETE', '/datasets/gone');
    const { nodes } = await graph(`/lineage/run/${run.id}/graph`);
    const version = { kind: 'dataset-version', id: `${dataset}@1`, name: `${dataset}@1`, state: null, deleted: true };
    expect(nodes).toContainEqual({ ...version, depth: -1 });
    expect((await graph(`/lineage/dataset-version/${dataset}@1/graph?direction=down`)).names).toHaveLength(2);
    expect((await call('GET', `/lineage/dataset-version/${dataset}@2/graph`)).status).toBe(404);
  });

  test.each(['direction=sideways', 'depth=17', 'depth=0', 'limit=1001', 'surprise=1'])('refuses ?%s', async (query) => {
    expect((await call('GET', `/lineage/dataset/walked/graph?${query}`)).status).toBe(422);
  });
});

describe('which models saw a file', () => {
  const upload = async (content: string) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await world.call('PUT', `/api/v1/objects/data/${sha256}`, {
      body: Buffer.from(content),
      headers: { 'content-type': 'application/octet-stream' },
    });
    return { sha256, bytes: content.length };
  };
  const commit = (put: readonly object[], remove: readonly string[] = []) =>
    made('/datasets/seen/versions', { put, remove });
  const train = async (version: string, model: string) => {
    await register(model);
    await made('/runs', { inputs: [{ id: `seen@${version}` }], outputs: [{ id: `${model}@1` }] });
  };
  const seen = async (query: Record<string, string>) => {
    const answer = await call('GET', `/lineage/file/models?${new URLSearchParams(query).toString()}`);
    expect([query, answer.status]).toEqual([query, 200]);
    const { models, truncated } = answer.json<SeenModels>();
    expect(truncated).toBe(false);
    return models.map(({ model }) => model);
  };

  test('by its content wherever it was, by its path, on the way over derived data, and only those in production', async () => {
    await made('/datasets', { name: 'seen' });
    const [one, two, three] = [await upload('one'), await upload('two'), await upload('three')];
    await commit([{ path: 'Train/a.csv', ...one }, ...[1, 2, 3].map((n) => ({ path: `b/${n}.csv`, ...three }))]);
    await commit([{ path: 'Train/a.csv', ...two }]);
    await commit([{ path: 'moved.csv', ...one }], ['Train/a.csv']);
    for (const version of ['1', '2', '3']) await train(version, `saw-${version}`);
    // A run makes another dataset from version 1, and a model of it.
    await makeDataset('made-of-seen');
    await made('/runs', { inputs: [{ id: 'seen@1' }], outputs: [{ id: 'made-of-seen@1' }] });
    await register('derived-model');
    await made('/runs', { inputs: [{ id: 'made-of-seen@1' }], outputs: [{ id: 'derived-model@1' }] });
    expect(await seen({ sha256: one.sha256 })).toEqual(['derived-model', 'saw-1', 'saw-3']);
    expect(await seen({ sha256: two.sha256 })).toEqual(['saw-2']);
    expect(await seen({ sha256: three.sha256 })).toEqual(['derived-model', 'saw-1', 'saw-2', 'saw-3']);
    expect(await seen({ dataset: 'seen', path: 'Train/a.csv' })).toEqual(['derived-model', 'saw-1', 'saw-2']);
    expect(await seen({ dataset: 'seen', path: 'Train/a.csv', version: '2' })).toEqual(['saw-2']);
    expect(await seen({ dataset: 'seen', path: 'Train/b.csv' })).toEqual([]);
    expect(await seen({ sha256: 'f'.repeat(64) })).toEqual([]);
    await world.store.models.setStage({
      ...{ projectId: 'default', name: 'saw-3', version: 1, to: 'production', by: 'x', at: new Date() },
      reason: '',
    });
    expect(await seen({ sha256: one.sha256 })).toEqual(['saw-3', 'derived-model', 'saw-1']);
    expect(await seen({ sha256: one.sha256, production: 'true' })).toEqual(['saw-3']);
    expect((await call('GET', `/lineage/file/models?sha256=${one.sha256}&limit=2`)).json<SeenModels>()).toMatchObject({
      ...{ truncated: true, models: [{ model: 'saw-3' }, { model: 'derived-model' }] },
    });
    // Purged or not: what was seen was seen.
    await call('POST', '/datasets/seen/purge', { sha256: two.sha256, reason: 'asked' });
    expect(await seen({ sha256: two.sha256 })).toEqual(['saw-2']);
  });

  test('as the inline file of a job, and in no other project', async () => {
    const { sha256 } = await upload('inline');
    const job = await world.addJob({ service: 'iris', command: 'true', data: [{ name: 'd', sha256 }] });
    await register('saw-inline', job.id);
    expect(await seen({ sha256 })).toEqual(['saw-inline']);
    const bearer = await addKey(world.store, 'other', 'other-project');
    const answer = await call('GET', `/lineage/file/models?sha256=${sha256}`, undefined, { bearer });
    expect(answer.json()).toEqual({ models: [], truncated: false });
  });

  test.each(['', 'path=a', `sha256=${'a'.repeat(64)}&path=a`, 'dataset=seen&path=../a', 'sha256=A'])(
    'refuses ?%s',
    async (query) => expect((await call('GET', `/lineage/file/models?${query}`)).status).toBe(422),
  );
});

test('an id that two kinds share is a conflict that names both, and the kind decides', async () => {
  await makeDataset('shared');
  await register('shared');
  const answer = await call('GET', '/lineage/shared/graph');
  expect(detailOf(answer)).toEqual([409, 'shared is a dataset and a model. Give its kind.']);
  expect(answer.json<Problem>().errors?.map(({ message }) => message)).toEqual(['dataset', 'model']);
  expect((await graph('/lineage/shared/graph?kind=model')).names).toContain('1 model-version shared@1');
  expect(detailOf(await call('GET', '/lineage/unknown'))).toEqual([404, 'Nothing in the lineage is called unknown.']);
  const body = { source_id: 'shared', target_id: 'walked-model', relation_type: 'derived' };
  expect((await call('POST', '/lineage', body)).status).toBe(409);
  expect((await call('POST', '/lineage', { ...body, source_kind: 'dataset' })).status).toBe(201);
});

describe('older paths of the lineage', () => {
  test('declare, list and remove edges by ids', async () => {
    await makeDataset('older-data');
    await register('older-model');
    const edge = { source_id: 'older-data', target_id: 'older-model', relation_type: 'derives' };
    const { source, target } = await made<{ source: { id: string }; target: { id: string } }>('/lineage', edge);
    // A model names what it was trained on the other way round; it is the same edge.
    const again = { source_id: 'older-model', target_id: 'older-data', relation_type: 'trained_on' };
    expect(await made('/lineage', again)).toMatchObject({
      ...{ source, target, relation: 'derived', relation_type: 'derived', origin: 'declared' },
      ...{ source_id: source.id, target_id: 'older-model' },
    });
    const listed = (await call('GET', '/lineage/older-model')).json<Page<{ source_id: string }>>();
    expect(listed.items.map(({ source_id }) => source_id)).toEqual([source.id, 'older-model']);
    const query = new URLSearchParams(edge).toString();
    expect((await call('DELETE', `/lineage?${query}`)).status).toBe(204);
    expect((await call('DELETE', `/lineage?${query}`)).status).toBe(404);
    for (const [body, status] of [
      [{ ...edge, relation_type: 'likes' }, 422],
      [{ ...edge, target_id: 'older-data' }, 422],
      [{ ...edge, source_id: 'older-model@1', relation_type: 'input' }, 422],
    ] as const)
      expect([body, (await call('POST', '/lineage', body)).status]).toEqual([body, status]);
  });

  test('an edge of the platform cannot be removed', async () => {
    const job = await world.addJob({ service: 'iris', command: 'true' });
    await register('of-job', job.id);
    const query = new URLSearchParams({ source_id: job.id, target_id: 'of-job@1', relation_type: 'output' });
    expect((await call('DELETE', `/lineage?${query.toString()}`)).status).toBe(409);
  });

  test('the lineage of a dataset shows what was declared of it, and its versions', async () => {
    await makeDataset('with-lineage');
    const { id: run } = await made<RunView>('/runs', { id: 'etl-run' });
    const path = '/datasets/with-lineage/lineage';
    await made(path, { entity_type: 'run', entity_id: run, role: 'output' });
    await made(path, { entity_type: 'model', entity_id: 'older-model', role: 'input' });
    const { items } = (await call('GET', path)).json<Page<Record<string, string>>>();
    expect(items.map(({ entity_type, entity_id, role }) => [entity_type, entity_id, role])).toEqual([
      ['model', 'older-model', 'input'],
      ['run', 'etl-run', 'output'],
      ['dataset-version', expect.stringMatching(/@1$/), 'version'],
    ]);
  });
});

describe('runs', () => {
  test('an older client opens one under its own id, moves it, and reads its own field names', async () => {
    const body = { id: 'my-run', config: { lr: 0.1 }, triggered_by: 'airflow', metrics: { loss: 2 } };
    expect(await made('/runs', body)).toMatchObject({
      ...{ id: 'my-run', name: 'my-run', status: 'queued', config: { lr: 0.1 }, triggered_by: 'airflow', jobId: null },
    });
    expect((await call('POST', '/runs', body)).status).toBe(409);
    const move = (change: object) => call('PATCH', '/runs/my-run/status', change);
    expect((await move({ status: 'running' })).json()).toMatchObject({ status: 'running', finishedAt: null });
    const ended = await move({ status: 'completed', metrics: { auc: 0.9 }, duration_seconds: 12.5 });
    expect(ended.json()).toMatchObject({
      ...{ status: 'succeeded', metrics: { loss: 2, auc: 0.9 }, duration_seconds: 12.5, durationSeconds: 12.5 },
    });
    expect(detailOf(await move({ status: 'running' }))).toEqual([
      ...[409, 'A run that is succeeded cannot become running.'],
    ]);
    expect((await move({ status: 'asleep' })).status).toBe(422);
    const listed = (await call('GET', '/runs?triggered_by=airflow&status=success&offset=0')).json<Page<RunView>>();
    expect(listed.items.map(({ id }) => id)).toEqual(['my-run']);
    expect((await call('GET', '/runs?triggered_by=airflow&offset=1')).json<Page<RunView>>().items).toEqual([]);
  });

  test('what one has read and made is declared, listed and removed; a maker of something cannot go', async () => {
    await made('/runs', { id: 'io-run' });
    await register('io-model');
    const io = (body: object) => call('POST', '/runs/io-run/io', body);
    expect((await io({ entity_id: 's3://bucket/raw.csv', direction: 'input' })).status).toBe(404);
    const file = { entity_id: 's3://bucket/raw.csv', kind: 'artifact', direction: 'input' };
    expect((await io(file)).json()).toMatchObject({ direction: 'input', kind: 'artifact', origin: 'declared' });
    expect((await io({ entity_id: 'io-model@1', direction: 'output' })).status).toBe(201);
    const { items } = (await call('GET', '/runs/io-run/io')).json<Page<RunIo>>();
    expect(items.map(({ direction, kind, name }) => `${direction} ${kind} ${name}`)).toEqual([
      'output model-version io-model@1',
      'input artifact s3://bucket/raw.csv',
    ]);
    expect(detailOf(await call('DELETE', '/runs/io-run'))).toEqual([
      ...[409, 'The run io-run is needed by model-version io-model@1.'],
    ]);
    expect((await call('DELETE', '/runs/io-run/io?entity_id=io-model@1&direction=output')).status).toBe(204);
    expect((await call('DELETE', '/runs/io-run')).status).toBe(204);
    expect((await call('GET', '/runs/io-run')).status).toBe(404);
  });

  test('a job has one, which shows its metrics while it runs, and follows it only', async () => {
    const job = await world.addJob({ service: 'iris', command: 'true', config: { seed: 7 } });
    await world.store.metrics.insert([
      { jobId: job.id, attempt: 1, name: 'loss', step: 1, epoch: null, time: new Date(), value: 0.5 },
    ]);
    const run = (await call('GET', `/runs/${job.id}`)).json<RunView>();
    expect(run).toMatchObject({ jobId: job.id, status: 'queued', parameters: { seed: 7 }, metrics: { loss: 0.5 } });
    expect((await call('PATCH', `/runs/${job.id}/status`, { status: 'failed' })).status).toBe(409);
    expect((await call('DELETE', `/runs/${job.id}`)).status).toBe(409);
  });

  test('the same idempotency key opens one run', async () => {
    const options = { headers: { 'idempotency-key': 'open-once' } };
    const first = (await call('POST', '/runs', { name: 'once' }, options)).json<RunView>();
    expect((await call('POST', '/runs', { name: 'once' }, options)).json<RunView>().id).toBe(first.id);
  });
});

describe('features', () => {
  test('are versions of a name, tied to a dataset, and found by id or name', async () => {
    const dataset = await makeDataset('with-columns');
    const define = { name: 'customer tenure', type: 'integer', dataset: 'with-columns', columns: ['tenure'] };
    const first = await made<FeatureView>('/features', { ...define, id: 'tenure-1' });
    expect(first).toMatchObject({ id: 'tenure-1', version: 1, datasetId: dataset, columns: ['tenure'], label: null });
    const second = await made<FeatureView>('/features', { ...define, version: '2.0.0', metadata: { unit: 'd' } });
    expect(second).toMatchObject({ version: 2, label: '2.0.0' });
    const at = `/features/${encodeURIComponent('customer tenure')}`;
    expect((await call('GET', at)).json<FeatureView>().id).toBe(second.id);
    expect((await call('PATCH', at, { metadata: { unit: 'h' } })).json()).toMatchObject({ metadata: { unit: 'h' } });
    expect((await call('PATCH', at, { columns: ['other'] })).status).toBe(422);
    const listed = (await call('GET', '/features?name=customer%20tenure&limit=1')).json<Page<FeatureView>>();
    expect([listed.items.map(({ version }) => version), listed.nextCursor === null]).toEqual([[2], false]);
    expect((await graph(`/lineage/feature/tenure-1/graph?direction=up`)).names).toContain('-1 dataset with-columns');
    await made('/runs', { id: 'reader', inputs: [{ id: 'tenure-1' }] });
    expect((await call('DELETE', '/features/tenure-1')).status).toBe(409);
    await call('DELETE', '/runs/reader');
    expect((await call('DELETE', '/features/tenure-1')).status).toBe(204);
    // An earlier client gives no name.
    expect(await made('/features', { id: 'Age' })).toMatchObject({ name: 'Age', version: 1, type: null });
  });
});

test('another project sees and changes nothing of it', async () => {
  const bearer = await addKey(world.store, 'stranger', 'elsewhere');
  for (const path of ['/runs/my-run', '/features/Age', '/lineage/walked/graph', '/lineage/run/my-run/graph'])
    expect([path, (await call('GET', path, undefined, { bearer })).status]).toEqual([path, 404]);
  for (const path of ['/runs', '/features'])
    expect((await call('GET', path, undefined, { bearer })).json<Page<unknown>>().items).toEqual([]);
  const body = { source_id: 'walked', target_id: 'walked-model' };
  expect((await call('POST', '/lineage', body, { bearer })).status).toBe(404);
});
