import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ModelStage } from '@artenic/core';
import type { ActingStore } from '../../store/types.ts';
import { allEvents, at, newId, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

const projectId = 'default';
function register(model: string, jobId: string | null = null, inProject = projectId) {
  return store.models.register({
    ...{ model, projectId: inProject, format: 'onnx', sha256: 'a'.repeat(64), bytes: 3_000_000_000, jobId },
    signature: { inputs: [{ name: 'x', type: 'float32', shape: ['batch', 4] }], outputs: [], labels: ['a', 'b'] },
    ...{ metrics: { accuracy: 0.97 }, createdBy: 'anna', createdAt: at(1) },
  });
}
function setStage(name: string, version: number, to: ModelStage, by = 'anna') {
  return store.models.setStage({ projectId, name, version, to, by, at: at(2), reason: 'better' });
}

describe('register', () => {
  test('gives version numbers without holes when many register at once', async () => {
    const model = `many-${newId()}`;
    const versions = await Promise.all(Array.from({ length: 12 }, () => register(model)));
    expect(versions.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
    expect(await store.models.get(projectId, model)).toEqual({
      ...{ name: model, projectId, createdAt: at(1), latestVersion: 12, productionVersion: null },
    });
    expect(await store.models.getVersion(projectId, model, 12)).toEqual(versions.find(({ version }) => version === 12));
    expect(versions[0]).toMatchObject({ bytes: 3_000_000_000, stage: 'draft', metrics: { accuracy: 0.97 } });
  });

  test('the same job gets its version again, also at once', async () => {
    const model = `job-${newId()}`;
    const jobId = newId();
    const versions = await Promise.all(Array.from({ length: 5 }, () => register(model, jobId)));
    expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1]));
    expect(await register(model, newId())).toMatchObject({ version: 2 });
    const told = (await allEvents(store)).filter(({ kind, subject }) => kind === 'model.version' && subject === model);
    expect(told.map(({ topic, data }) => [topic, data['version']])).toEqual([
      ['models', 1],
      ['models', 2],
    ]);
  });

  test('projects do not see each other', async () => {
    const model = `shared-${newId()}`;
    await register(model);
    expect(await register(model, null, 'other')).toMatchObject({ version: 1 });
    expect((await store.models.versions({ projectId: 'other', name: model, limit: 10 })).items).toHaveLength(1);
    await expect(store.models.get('third', model)).rejects.toMatchObject({ type: 'not-found' });
  });
});

describe('stages', () => {
  test('promotion takes the one before back; history and events tell all of it', async () => {
    const model = `stages-${newId()}`;
    await register(model, 'job-1');
    await register(model);
    expect(await store.models.production(projectId, model)).toBeNull();
    await setStage(model, 1, 'production');
    expect(await setStage(model, 2, 'production', 'bert')).toMatchObject({ version: 2, stage: 'production' });
    expect(await setStage(model, 2, 'production')).toMatchObject({ stage: 'production' });
    expect(await store.models.production(projectId, model)).toMatchObject({ version: 2 });
    expect(await store.models.get(projectId, model)).toMatchObject({ latestVersion: 2, productionVersion: 2 });
    await setStage(model, 2, 'retired');
    expect(await store.models.production(projectId, model)).toBeNull();
    await expect(setStage(model, 2, 'production')).rejects.toMatchObject({ type: 'conflict' });
    await expect(setStage(model, 9, 'production')).rejects.toMatchObject({ type: 'not-found' });
    await expect(setStage('nobody', 1, 'production')).rejects.toMatchObject({ type: 'not-found' });
    expect((await store.models.stageHistory({ projectId, name: model, limit: 100 })).items).toEqual([
      { version: 1, from: null, to: 'draft', by: 'anna', at: at(1), reason: 'trained by job job-1' },
      { version: 2, from: null, to: 'draft', by: 'anna', at: at(1), reason: 'uploaded' },
      { version: 1, from: 'draft', to: 'production', by: 'anna', at: at(2), reason: 'better' },
      {
        version: 1,
        from: 'production',
        to: 'staging',
        by: 'bert',
        at: at(2),
        reason: 'version 2 went to production',
      },
      { version: 2, from: 'draft', to: 'production', by: 'bert', at: at(2), reason: 'better' },
      { version: 2, from: 'production', to: 'retired', by: 'anna', at: at(2), reason: 'better' },
    ]);
    const told = (await allEvents(store)).filter(({ kind, subject }) => kind === 'model.stage' && subject === model);
    expect(told.map(({ data }) => `${String(data['version'])}:${String(data['to'])}`)).toEqual([
      '1:production',
      '1:staging',
      '2:production',
      '2:retired',
    ]);
  });

  test('many promoters at once: exactly one in production, and the history is a chain for every version', async () => {
    const model = `race-${newId()}`;
    const versions = [1, 2, 3, 4];
    for (const _ of versions) await register(model);
    await Promise.all(
      Array.from({ length: 16 }, (_, index) => setStage(model, versions[index % versions.length] ?? 1, 'production')),
    );
    const stages = (await store.models.versions({ projectId, name: model, limit: 100 })).items.map(
      ({ version, stage }) => ({ version, stage }),
    );
    expect(stages.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    expect(stages.filter(({ stage }) => stage === 'production')).toHaveLength(1);
    const history = (await store.models.stageHistory({ projectId, name: model, limit: 100 })).items;
    for (const { version, stage } of stages) {
      const own = history.filter((change) => change.version === version);
      expect(own.map(({ from }) => from)).toEqual([null, ...own.slice(0, -1).map(({ to }) => to)]);
      expect(own.at(-1)?.to).toBe(stage);
    }
  });
});

test('lists by name in pages', async () => {
  const project = newId();
  for (const name of ['c', 'a', 'b']) await register(name, null, project);
  const first = await store.models.list({ projectId: project, limit: 2 });
  expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(await store.models.list({ projectId: project, limit: 2, cursor: first.nextCursor ?? '' })).toMatchObject({
    ...{ items: [{ name: 'c', latestVersion: 1, productionVersion: null }], nextCursor: null },
  });
  await expect(store.models.versions({ projectId: project, name: 'd', limit: 10 })).rejects.toMatchObject({
    type: 'not-found',
  });
  await expect(store.models.stageHistory({ projectId: project, name: 'd', limit: 10 })).rejects.toMatchObject({
    type: 'not-found',
  });
});
