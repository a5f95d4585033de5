import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lineageKinds, lineageRelations } from '@artenic/core';
import fc from 'fast-check';
import {
  faultOfLink,
  keyOfPlace,
  lineagePlace,
  ownerOf,
  partsOfVersion,
  type LineageLink,
  type LineagePlace,
} from '../../../core/lineage/relations.ts';
import { databaseOf } from '../../../store/database.ts';
import { edgesAtQuery } from '../../../store/lineage/queries.ts';
import { dropOwnedEdges } from '../../../store/lineage/write.ts';
import type { ActingStore } from '../../../store/types.ts';
import { rowsReadBy } from '../plans.ts';
import { at, insertJob, newId, openTestStore, principal } from '../support.ts';

let world: Awaited<ReturnType<typeof openTestStore>>;
let store: ActingStore;
beforeAll(async () => {
  world = await openTestStore();
  ({ store } = world);
});
afterAll(() => world.close());

const textOf = ({ source, target, relation }: LineageLink): string =>
  `${keyOfPlace(source)} -${relation}-> ${keyOfPlace(target)}`;
async function edgesOf(node: LineagePlace, way: 'up' | 'down' | 'both' = 'both', projectId = 'default') {
  const { items } = await store.lineage.page({ projectId, node, way, limit: 1000 });
  return items.map(textOf).toSorted();
}

async function makeDataset(): Promise<{ readonly id: string; readonly name: string }> {
  const id = newId();
  const base = { id, projectId: 'default', name: `reviews-${id.slice(-12)}`, description: '' };
  return store.datasets.insert({ ...base, createdBy: 'ann', createdAt: at(0) });
}
async function commit(datasetId: string, path: string, sourceJobId: string | null = null) {
  const sha256 = Buffer.from(path.padEnd(32, '-')).toString('hex').slice(0, 64);
  await store.objectUses.touch(`data/${sha256}`, at(0));
  await store.objectUses.noteStored(`data/${sha256}`, 1);
  return store.datasets.commit({
    ...{ datasetId, expectedHead: null, message: '', createdBy: 'ann', at: at(1), sourceJobId },
    ...{ kind: 'changes', changes: { put: [{ path, sha256, bytes: 1 }], remove: [] } },
  });
}
const register = (model: string, jobId: string | null) =>
  store.models.register({
    ...{ model, projectId: 'default', format: 'onnx', sha256: 'a'.repeat(64), bytes: 1, metrics: {}, jobId },
    ...{ signature: { inputs: [], outputs: [], labels: null }, createdBy: 'ann', createdAt: at(2) },
  });
const stage = (name: string, version: number, to: 'production' | 'retired') =>
  store.models.setStage({ projectId: 'default', name, version, to, by: 'ann', at: at(3), reason: '' });

describe('edges are written with what they describe', () => {
  test('a commit, a registration and the moves of a version leave their edges, and the newest stage only', async () => {
    const [{ id: dataset }, { id: job }] = [await makeDataset(), await insertJob(store)];
    await commit(dataset, 'a');
    await commit(dataset, 'b', job);
    const model = `m-${dataset.slice(-12)}`;
    await register(model, job);
    await register(model, null);
    expect(await edgesOf(lineagePlace.dataset(dataset))).toEqual([
      `dataset ${dataset} -version-> dataset-version ${dataset}@1`,
      `dataset ${dataset} -version-> dataset-version ${dataset}@2`,
    ]);
    expect(await edgesOf(lineagePlace.run(job))).toEqual([
      `run ${job} -output-> dataset-version ${dataset}@2`,
      `run ${job} -output-> model-version ${model}@1`,
    ]);
    await stage(model, 1, 'production');
    const inProduction = `-stage-> stage ${model}@production`;
    expect(await edgesOf(lineagePlace.stage(model, 'production'))).toEqual([
      `model-version ${model}@1 ${inProduction}`,
    ]);
    await stage(model, 2, 'production');
    await stage(model, 1, 'retired');
    expect(await edgesOf(lineagePlace.stage(model, 'production'))).toEqual([
      `model-version ${model}@2 ${inProduction}`,
    ]);
    expect(await edgesOf(lineagePlace.modelVersion(model, 1), 'down')).toEqual([
      `model-version ${model}@1 -stage-> stage ${model}@retired`,
    ]);
    const facts = await store.lineage.describe('default', [
      lineagePlace.modelVersion(model, 2),
      ...[lineagePlace.datasetVersion(dataset, 2), lineagePlace.datasetVersion(dataset, 3), lineagePlace.run(job)],
    ]);
    expect(facts).toEqual([
      { name: `${model}@2`, state: 'production' },
      { name: `reviews-${dataset.slice(-12)}@2`, state: null },
      null,
      { name: 'iris #1', state: 'queued' },
    ]);
  });

  test('a transaction that fails leaves no edge; the same edge twice is one; a wrong one is refused', async () => {
    const [run, file] = [lineagePlace.run(newId()), lineagePlace.artifact('s3://bucket/file')];
    const edge = { source: file, target: run, relation: 'input' } as const;
    await expect(
      store.transaction(async ({ lineage }) => {
        await lineage.write('default', [edge]);
        throw new Error('too late');
      }),
    ).rejects.toThrow('too late');
    expect(await edgesOf(run)).toEqual([]);
    await Promise.all([1, 2, 3].map(() => store.lineage.write('default', [edge, edge])));
    expect(await edgesOf(run)).toHaveLength(1);
    await expect(store.lineage.write('default', [edge, { ...edge, source: run, target: file }])).rejects.toMatchObject({
      type: 'validation-failed',
    });
    expect(await edgesOf(run, 'both', 'other')).toEqual([]);
  });

  test('only declared edges can be removed, and each once', async () => {
    const run = lineagePlace.run(newId());
    const [said, written] = [1, 2].map((number) => ({
      ...{ source: lineagePlace.artifact(`file ${number}`), target: run, relation: 'input' as const },
    }));
    if (said === undefined || written === undefined) throw new Error('no edges');
    await store.lineage.write('default', [{ ...said, origin: 'declared', paths: ['train/**'] }, written]);
    const { items } = await store.lineage.page({ projectId: 'default', node: run, way: 'up', limit: 10 });
    expect(items.map(({ origin, paths, createdBy }) => ({ origin, paths, createdBy }))).toEqual([
      { origin: 'platform', paths: null, createdBy: principal.name },
      { origin: 'declared', paths: ['train/**'], createdBy: principal.name },
    ]);
    await store.lineage.removeDeclared('default', said);
    await expect(store.lineage.removeDeclared('default', said)).rejects.toMatchObject({ type: 'not-found' });
    await expect(store.lineage.removeDeclared('default', written)).rejects.toMatchObject({ type: 'conflict' });
    expect(await edgesOf(run)).toHaveLength(1);
  });
});

test('pages of a node with both ways hold each edge once, the newest first', async () => {
  const run = lineagePlace.run(newId());
  const edges = Array.from({ length: 25 }, (_, index): LineageLink => {
    const file = lineagePlace.artifact(`${index}`);
    return index % 2 === 0
      ? { source: file, target: run, relation: 'input' }
      : { source: run, target: file, relation: 'output' };
  });
  for (const edge of edges) await store.lineage.write('default', [edge]);
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.lineage.page({
      ...{ projectId: 'default', node: run, way: 'both', limit: 4 },
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.items.map(textOf));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(edges.map(textOf).toReversed());
});

test('the newest edges of a node with thousands are read without the others', async () => {
  const hub = lineagePlace.artifact(`hub ${newId()}`);
  await store.lineage.write(
    'default',
    Array.from({ length: 5000 }, (_, index) => ({
      ...{ source: hub, target: lineagePlace.run(`${hub.id} ${1000 + index}`), relation: 'input' as const },
    })),
  );
  await world.orm.em.getConnection().execute('analyze lineage_edges');
  const found = await store.lineage.edgesAt('default', [hub, lineagePlace.run('nothing')], 'down', 10);
  expect(found.map(({ target }) => target.id)).toEqual(
    Array.from({ length: 10 }, (_, index) => `${hub.id} ${5999 - index}`),
  );
  const query = edgesAtQuery('default', [hub, lineagePlace.run('nothing')], 'down', 10);
  expect((await rowsReadBy(databaseOf(world.orm), query)).read).toBeLessThanOrEqual(20);
});

describe('the end of a thing', () => {
  const id = fc.constantFrom('x', 'y', 'x@1', 'x@2', 'y@1', 'x1', 'xA@1');
  const place = fc.record({ kind: fc.constantFrom(...lineageKinds), id });
  const link = fc.record({ source: place, target: place, relation: fc.constantFrom(...lineageRelations) });
  const links = fc
    .uniqueArray(link, { maxLength: 60, selector: textOf })
    .map((all) => all.filter((one) => faultOfLink(one) === null));

  test('takes the edges that belong to it or to its versions, and no other one', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(links, place, async (edges, gone) => {
        const projectId = `end-${++number}`;
        await store.lineage.write(projectId, edges);
        const isGone = (one: LineageLink): boolean => {
          const owner = ownerOf(one);
          if (keyOfPlace(owner) === keyOfPlace(gone)) return true;
          return owner.kind === `${gone.kind}-version` && partsOfVersion(owner.id)?.parent === gone.id;
        };
        await dropOwnedEdges(databaseOf(world.orm), projectId, gone);
        const left = await store.lineage.edgesAt(
          projectId,
          edges.map(({ source }) => source),
          ...(['down', 1000] as const),
        );
        expect(new Set(left.map(textOf))).toEqual(new Set(edges.filter((one) => !isGone(one)).map(textOf)));
      }),
      { numRuns: 60 },
    );
  });

  test('of a dataset leaves what runs have read, named as deleted, and its id is not given again', async () => {
    const [{ id: dataset }, { id: job }] = [await makeDataset(), await insertJob(store)];
    await commit(dataset, 'a');
    const read = { source: lineagePlace.datasetVersion(dataset, 1), target: lineagePlace.run(job) };
    await store.lineage.write('default', [{ ...read, relation: 'input' }]);
    await store.datasets.remove(dataset, at(5));
    const counted = await store.datasets.countDeletedRows(dataset);
    expect(await store.datasets.dropRows(dataset, counted - 1, at(6))).toMatchObject({ isGone: false });
    expect(await store.datasets.dropRows(dataset, 100, at(6))).toEqual({ rows: 1, isGone: true });
    expect(await edgesOf(read.source)).toEqual([textOf({ ...read, relation: 'input' })]);
    expect(await store.lineage.describe('default', [read.source])).toEqual([null]);
    const again = { id: dataset, projectId: 'default', name: 'again', description: '', createdBy: 'ann' };
    await expect(store.datasets.insert({ ...again, createdAt: at(7) })).rejects.toMatchObject({ type: 'conflict' });
  });

  test('of a job takes what its run has read; a dry run counts the same rows', async () => {
    const { id: job } = await insertJob(store);
    const [source, made] = [lineagePlace.artifact('in'), lineagePlace.datasetVersion(newId(), 1)];
    const run = lineagePlace.run(job);
    await store.lineage.write('default', [
      { source, target: run, relation: 'input' },
      { source: run, target: made, relation: 'output' },
    ]);
    await world.orm.em
      .getConnection()
      .execute(`update jobs set state = 'failed', finished_at = now() where id = ?`, [job]);
    const counted = await store.retention.countRows('job', job);
    expect(await store.retention.finishStage('job', job, at(9), () => true)).toBe(counted);
    expect(await edgesOf(run)).toEqual([`run ${job} -output-> dataset-version ${made.id}`]);
  });
});
