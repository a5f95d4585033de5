import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lineagePlace } from '../../../core/lineage/relations.ts';
import type { ActingStore, NewRunRecord } from '../../../store/types.ts';
import { allEvents, at, insertJob, newId, openTestStore, principal } from '../support.ts';

let world: Awaited<ReturnType<typeof openTestStore>>;
let store: ActingStore;
beforeAll(async () => {
  world = await openTestStore();
  ({ store } = world);
});
afterAll(() => world.close());

const open = (run: Partial<NewRunRecord> = {}) =>
  store.runs.insert({
    ...{ id: newId(), projectId: 'default', name: 'elsewhere', status: 'queued', triggeredBy: 'cron' },
    ...{ parameters: { depth: 3 }, metrics: {}, createdBy: 'ann', createdAt: at(0) },
    ...run,
  });
const change = (id: string, to: Parameters<ActingStore['runs']['update']>[2], seconds = 1) =>
  store.runs.update('default', id, to, at(seconds));

describe('runs of jobs', () => {
  test('each job has one from its submit on, which follows it and keeps its last metrics', async () => {
    const { id } = await insertJob(store, { name: 'first', config: { epochs: 3 } });
    expect(await store.runs.get('default', id)).toMatchObject({
      ...{ id, jobId: id, name: 'first', status: 'queued', triggeredBy: principal.name, parameters: { epochs: 3 } },
      ...{ startedAt: null, finishedAt: null, metrics: {} },
    });
    for (const state of ['preparing', 'provisioning', 'running'] as const) await store.jobs.transition(id, state);
    const { startedAt } = await store.jobs.get(id);
    expect(await store.runs.get('default', id)).toMatchObject({ status: 'running', startedAt, finishedAt: null });
    const point = { jobId: id, attempt: 1, epoch: null, time: at(1) };
    await store.metrics.insert([
      { ...point, name: 'loss', step: 1, value: 0.5 },
      { ...point, name: 'loss', step: 2, value: 0.25 },
      { ...point, name: 'broken', step: 1, value: NaN },
    ]);
    await store.jobs.transition(id, 'recovering');
    await store.jobs.transition(id, 'waiting');
    expect(await store.runs.get('default', id)).toMatchObject({ status: 'running' });
    await store.jobs.transition(id, 'cancelled');
    const { finishedAt } = await store.jobs.get(id);
    expect(await store.runs.get('default', id.slice(-8))).toMatchObject({
      ...{ status: 'cancelled', startedAt, finishedAt, metrics: { loss: 0.25 } },
    });
  });

  test('are changed and deleted with their job only', async () => {
    const { id } = await insertJob(store);
    await expect(change(id, { status: 'failed' })).rejects.toMatchObject({ type: 'conflict' });
    await expect(store.runs.remove('default', id)).rejects.toMatchObject({ type: 'conflict' });
    await expect(open({ id })).rejects.toMatchObject({ type: 'conflict' });
    await world.orm.em.getConnection().execute(`update jobs set finished_at = now() where id = ?`, [id]);
    await store.retention.finishStage('job', id, at(9), () => true);
    await expect(store.runs.get('default', id)).rejects.toMatchObject({ type: 'not-found' });
  });
});

describe('runs that callers open', () => {
  test('take the way of the table, add metrics, and stay as they ended', async () => {
    const { id } = await open();
    expect(await change(id, { status: 'running', metrics: { loss: 1 } })).toMatchObject({ startedAt: at(1) });
    expect(await change(id, { metrics: { loss: 0.5, auc: 0.9 } }, 2)).toMatchObject({
      ...{ status: 'running', metrics: { loss: 0.5, auc: 0.9 }, startedAt: at(1) },
    });
    expect(await change(id, { status: 'succeeded', durationSeconds: 90 }, 3)).toMatchObject({
      ...{ startedAt: at(1), finishedAt: at(3), durationSeconds: 90 },
    });
    await expect(change(id, { status: 'running' })).rejects.toMatchObject({ type: 'conflict' });
    expect((await open({ status: 'succeeded' })).finishedAt).toEqual(at(0));
    const events = (await allEvents(store)).filter(({ subject }) => subject === id);
    expect(events.map(({ kind, topic }) => `${topic} ${kind}`)).toEqual(Array(4).fill('runs run.changed'));
    const { items } = await store.audit.page({ projectId: 'default', subject: id, limit: 10 });
    expect(items.map(({ verb }) => verb)).toEqual(['run.change', 'run.change', 'run.change', 'run.create']);
  });

  test('are listed newest first by pages, with filters, for their project only', async () => {
    const projectId = newId();
    const ids = [];
    for (let number = 0; number < 7; number++)
      ids.unshift((await open({ projectId, createdAt: at(Math.floor(number / 3)), triggeredBy: `${number % 2}` })).id);
    const list = async (query: object) => {
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await store.runs.list({
          projectId,
          limit: 2,
          ...query,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      return seen;
    };
    expect(new Set(await list({}))).toEqual(new Set(ids));
    expect(await list({})).toHaveLength(7);
    expect(await list({ triggeredBy: '1' })).toHaveLength(3);
    expect(await list({ status: 'failed' })).toEqual([]);
    const { items } = await store.runs.list({ projectId, limit: 10, offset: 5 });
    expect(items.map(({ id }) => id)).toEqual((await list({})).slice(5));
  });

  test('cannot go while something that they made exists, and take what they have read with them', async () => {
    const { id } = await open();
    const run = lineagePlace.run(id);
    await store.models.register({
      ...{ model: `m-${id.slice(-12)}`, projectId: 'default', format: 'onnx', sha256: '', bytes: 1, metrics: {} },
      ...{ signature: { inputs: [], outputs: [], labels: null }, jobId: null, createdBy: 'ann', createdAt: at(2) },
    });
    const made = {
      source: run,
      target: lineagePlace.modelVersion(`m-${id.slice(-12)}`, 1),
      relation: 'output',
    } as const;
    const read = { source: lineagePlace.artifact('in'), target: run, relation: 'input' } as const;
    await store.lineage.write('default', [{ ...made, origin: 'declared' }, read]);
    await expect(store.runs.remove('default', id)).rejects.toMatchObject({
      ...{ type: 'conflict', message: `The run ${id} is needed by model-version m-${id.slice(-12)}@1.` },
    });
    await store.lineage.removeDeclared('default', made);
    await store.runs.remove('default', id);
    expect((await store.lineage.page({ projectId: 'default', node: run, way: 'both', limit: 9 })).items).toEqual([]);
    await expect(store.runs.remove('default', id)).rejects.toMatchObject({ type: 'not-found' });
  });
});

describe('features', () => {
  const define = (feature: object = {}) =>
    store.features.insert({
      ...{ id: newId(), projectId: 'default', name: 'tenure', label: null, type: 'integer', description: '' },
      ...{ datasetId: null, columns: ['tenure_days'], metadata: { unit: 'd' }, createdBy: 'ann', createdAt: at(0) },
      ...feature,
    });

  test('writers at once make one version after another of a name', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => define({ name: 'at-once' })));
    expect(new Set(made.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect((await store.features.get('default', 'at-once')).version).toBe(5);
    const listed = await store.features.list({ projectId: 'default', name: 'at-once', limit: 3 });
    expect([listed.items.length, listed.nextCursor === null]).toEqual([3, false]);
  });

  test('one hangs on its dataset, keeps its definition, and cannot go while a run has read it', async () => {
    const id = newId();
    const feature = await define({ datasetId: id });
    const place = lineagePlace.feature(feature.id);
    const up = await store.lineage.edgesAt('default', [place], 'up', 9);
    expect(up.map(({ source, relation }) => [source, relation])).toEqual([[lineagePlace.dataset(id), 'derived']]);
    const changed = await store.features.update('default', feature.id, { description: 'days', metadata: {} }, at(4));
    expect(changed).toEqual({ ...feature, description: 'days', metadata: {}, updatedAt: at(4) });
    const run = await open();
    const read = { source: place, target: lineagePlace.run(run.id), relation: 'input' } as const;
    await store.lineage.write('default', [read]);
    await expect(store.features.remove('default', feature.id)).rejects.toMatchObject({
      message: `The feature ${feature.id} is needed by run elsewhere.`,
    });
    await store.runs.remove('default', run.id);
    await store.features.remove('default', feature.id);
    await expect(store.features.get('default', feature.id)).rejects.toMatchObject({ type: 'not-found' });
    await expect(define({ id: feature.id })).resolves.toMatchObject({ id: feature.id });
  });
});
