import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView, PredictBatchResponse, PredictResponse, Problem } from '@artenic/core';
import { openApiDocument } from '../../scripts/generate.ts';
import { softmaxModel } from '../serving/models.ts';
import { errorOf, type Answer } from './harness.ts';
import { startPredictions, type PredictionsWorld } from './predictions-world.ts';

let api: PredictionsWorld;
beforeAll(async () => {
  api = await startPredictions();
  const { store } = api.world;
  await store.providers.upsert({
    ...{ name: 'cloud', usable: true, message: '', checkedAt: new Date(), capacity: null },
    capabilities: { spot: true, preemptionNotice: true, idempotencyToken: true, regions: true },
  });
  const place = { provider: 'cloud', region: 'eu', zone: 'eu-a', spot: true, priceUsdMicrosPerHour: 1 };
  const resources = { vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null };
  await store.catalogs.put('cloud', [{ ...place, instanceType: 'large', resources }], 'all', new Date());
});
afterAll(() => api.close());

type OlderJob = JobView & { readonly job_id: string; readonly status: string };
type OlderPage = { readonly items: readonly OlderJob[]; readonly nextOffset: number | null };
const dispatch = (body: unknown, headers = {}): Promise<Answer> =>
  api.world.call('POST', '/api/v1/training/dispatch', { body, headers });
const faultOf = (answer: Answer) => [answer.status, answer.json<Problem>().errors?.[0]?.pointer];
const full = {
  ...{ service: 'ranking', model: 'ranker', provider: 'cloud', config: { epochs: 3, nested: [1, null] } },
  ...{ instance_type: 'large', region: 'eu', is_spot: true, max_runtime_hours: 2.5 },
  workload_spec: { command: ['python3', 'train.py'], resources: { vcpu: 2 }, labels: { team: 'a' } },
};

test('an older dispatch is a job: its fields, and what `workload_spec` says of the training', async () => {
  const answer = await dispatch(full, { 'idempotency-key': 'older-1' });
  expect(answer.status).toBe(202);
  const job = answer.json<OlderJob>();
  expect([job.job_id, job.status]).toEqual([job.id, 'queued']);
  expect(job.spec).toMatchObject({
    ...{ service: 'ranking', model: 'ranker', command: ['python3', 'train.py'], config: full.config, maxHours: 2.5 },
    placement: { providers: ['cloud'], regions: ['eu'], instanceTypes: ['large'], mode: 'spot' },
    ...{ resources: { vcpu: 2 }, labels: { team: 'a' } },
  });
  expect((await dispatch(full, { 'idempotency-key': 'older-1' })).json<OlderJob>().id).toBe(job.id);
});

test('without a command the newest job of the service and model says how to train', async () => {
  const command = 'python3 newest.py';
  const body = {
    ...{ service: 'again', model: 'again', command, env: { A: 'b' } },
    config: { epochs: 1 },
    maxHours: 3,
  };
  await api.world.call('POST', '/api/v1/jobs', { body });
  const older = { service: 'again', model: 'again', provider: 'local', config: null, region: null, is_spot: false };
  const { spec } = (await dispatch({ ...older, workload_spec: { env: { C: 'd' } } })).json<OlderJob>();
  expect(spec).toMatchObject({ command, env: { C: 'd' }, config: {}, maxHours: 24, placement: { mode: 'on-demand' } });
  expect(spec.env).toEqual({ C: 'd' });
  expect(faultOf(await dispatch({ ...older, model: 'never' }))).toEqual([422, '/workload_spec/command']);
});

test('our own body is taken as before', async () => {
  const job = (await dispatch({ service: 'own', command: 'train', priority: 5 })).json<OlderJob>();
  expect(job).toMatchObject({ status: 'queued', priority: 5, spec: { command: 'train' } });
});

test.each<readonly [string, object, string]>([
  ['an unknown provider', { provider: 'mars' }, '/provider'],
  ['a type that the provider has not', { instance_type: 'vast' }, '/instance_type'],
  ['a name that is none', { service: 'Not a name' }, '/service'],
  ['hours that nobody has', { max_runtime_hours: -1 }, '/max_runtime_hours'],
  ['a field of nobody', { surprise: 1 }, '/surprise'],
  [
    'more cores than there are',
    { workload_spec: { command: 'x', resources: { vcpu: 99 } } },
    '/workload_spec/resources',
  ],
  [
    'an image',
    { workload_spec: { command: 'x', environment: { image: `a@sha256:${'0'.repeat(64)}` } } },
    '/workload_spec/environment/image',
  ],
  ['a field that no job has', { workload_spec: { command: 'x', gpus: 1 } }, '/workload_spec/gpus'],
])('%s is refused at the field that was sent', async (_what, part, pointer) => {
  expect(faultOf(await dispatch({ ...full, ...part }))).toEqual([422, pointer]);
});

test('a number that cannot be held is refused', async () => {
  const answer = await dispatch(JSON.stringify(full).replace('2.5', '9007199254740993'), {
    'content-type': 'application/json',
  });
  expect(faultOf(answer)).toEqual([400, '/max_runtime_hours']);
});

test('the list has pages by offset, and is narrowed by service, provider and status', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count++)
    ids.unshift((await dispatch({ ...full, service: 'listed' })).json<OlderJob>().id);
  const list = async (query: string) =>
    (await api.world.call('GET', `/api/v1/training/jobs?service=listed&${query}`)).json<OlderPage>();
  const pages = [await list('limit=2'), await list('limit=2&offset=2'), await list('limit=2&offset=4')];
  expect(pages.map(({ nextOffset }) => nextOffset)).toEqual([2, 4, null]);
  expect(pages.flatMap(({ items }) => items.map(({ job_id: id }) => id))).toEqual(ids);
  expect((await list('provider=local')).items).toEqual([]);
  expect((await list('provider=cloud&status=queued')).items).toHaveLength(5);
  expect((await list('status=succeeded')).items).toEqual([]);
  expect((await api.world.call('GET', '/api/v1/training/jobs?offset=100001')).status).toBe(422);
});

test('one job is read and cancelled', async () => {
  const { id } = (await dispatch(full)).json<OlderJob>();
  const path = `/api/v1/training/${id}`;
  expect((await api.world.call('GET', path)).json<OlderJob>()).toMatchObject({ job_id: id, status: 'queued' });
  const cancelled = await api.world.call('POST', `${path}/cancel`);
  expect([cancelled.status, cancelled.json<OlderJob>().status]).toEqual([202, 'cancelling']);
  expect(
    (await api.world.call('GET', `/api/v1/training/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`)).status,
  ).toBe(404);
});

test('predictions by `data` and `batch`, of a model by its id', async () => {
  await api.add('service', softmaxModel('["a","b"]'));
  await api.add('other', softmaxModel('["c","d"]'));
  await api.add('other', softmaxModel('["e","f"]'));
  const predict = async (body: object) =>
    (await api.world.call('POST', '/api/v1/services/service/predict', { body })).json<PredictResponse>();
  const data = { x: [1, 3] };
  expect(await predict({ data })).toMatchObject({ model: 'service', label: 'b' });
  expect(await predict({ inputs: data, version: 1 })).toMatchObject({ model: 'service', label: 'b' });
  expect(await predict({ data, model_id: null })).toMatchObject({ model: 'service' });
  expect(await predict({ data, model_id: 'other' })).toMatchObject({ model: 'other', version: 2, label: 'f' });
  expect(await predict({ data, model_id: 'other:1' })).toMatchObject({ model: 'other', version: 1, label: 'd' });

  const path = '/api/v1/services/service/predict_batch';
  const batch = [data, { x: [3, 1] }, { y: 1 }];
  const { results, model } = (
    await api.world.call('POST', path, { body: { batch, model_id: 'other' } })
  ).json<PredictBatchResponse>();
  expect([model, ...results.map(({ label }) => label)]).toEqual(['other', 'f', 'e', null]);
  const own = await api.world.call('POST', path, { body: { inputs: batch } });
  expect(own.json<PredictBatchResponse>().results[0]?.label).toBe('b');

  const refused = await api.world.call('POST', '/api/v1/services/service/predict', { body: { data, model_id: 'No!' } });
  expect(faultOf(refused)).toEqual([422, '/model_id']);
  const absent = await api.world.call('POST', '/api/v1/services/service/predict', { body: { data, model_id: 'none' } });
  expect([absent.status, errorOf(absent)]).toEqual([404, 'not-found']);
}, 120_000);

test('health tells nobody more than whether, and who has a key what', async () => {
  const ask = async (path: string, bearer?: null) =>
    (await api.world.call('GET', path, bearer === null ? { bearer } : {})).json();
  expect(await ask('/health', null)).toEqual({ status: 'ok' });
  expect(await ask('/health/ready', null)).toEqual({ ready: true });
  expect((await api.world.call('GET', '/health/detailed', { bearer: null })).status).toBe(401);
  const worker = { id: 'w-1', queues: ['control', 'local'], temporalProblems: [] };
  expect(await ask('/health/detailed')).toMatchObject({ status: 'degraded', worker: { state: 'gone' } });
  await api.world.store.workers.alive(worker);
  expect(await ask('/health/detailed')).toMatchObject({
    ...{
      status: 'ok',
      ready: true,
      version: '0.1.0',
      checks: { database: { state: 'ok' }, temporal: { state: 'ok' } },
    },
    providers: [
      { name: 'cloud', usable: true, message: '' },
      { name: 'local', usable: true },
    ],
  });
  api.world.temporal.isAway = true;
  expect(await ask('/health/ready', null)).toEqual({ ready: true });
  expect(await ask('/health/detailed')).toMatchObject({
    status: 'degraded',
    checks: { temporal: { state: 'unreachable' } },
  });
  api.world.temporal.isAway = false;
});

test('what is older is marked so in the document', () => {
  type Operation = { readonly summary: string; readonly deprecated?: boolean };
  const { paths } = JSON.parse(openApiDocument()) as { paths: Record<string, Record<string, Operation>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ name: `${method} ${path}`, ...one })),
  );
  const older = operations.filter(({ summary }) => summary.endsWith('(older path)'));
  expect(older.length).toBeGreaterThanOrEqual(6);
  expect(operations.filter(({ deprecated }) => deprecated === true)).toEqual(older);
});
