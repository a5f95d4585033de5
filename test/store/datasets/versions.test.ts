import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutFile } from '../../../core/datasets/changes.ts';
import { datasetStatuses } from '../../../core/datasets/status.ts';
import type { ActingStore, DatasetRecord } from '../../../store/types.ts';
import { allEvents, at, newId, openTestStore } from '../support.ts';

let world: Awaited<ReturnType<typeof openTestStore>>;
let store: ActingStore;
let dataset: DatasetRecord;
beforeAll(async () => {
  world = await openTestStore();
  ({ store } = world);
});
afterAll(() => world.close());

const query = <Row>(text: string): Promise<Row[]> => world.orm.em.getConnection().execute<Row[]>(text);
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (path: string, content = path): PutFile => ({ path, sha256: sha(content), bytes: content.length });

async function stored(...files: readonly PutFile[]): Promise<void> {
  for (const [sha256, bytes] of new Map(files.map((one) => [one.sha256, one.bytes]))) {
    await store.objectUses.touch(`data/${sha256}`, at(0));
    await store.objectUses.noteStored(`data/${sha256}`, bytes);
  }
}
async function commit(put: readonly PutFile[], options: { remove?: readonly string[]; head?: number } = {}) {
  await stored(...put);
  const { remove = [], head = null } = options;
  return store.datasets.commit({
    ...{ datasetId: dataset.id, expectedHead: head, message: 'more', createdBy: 'ann', at: at(1), sourceJobId: null },
    ...{ kind: 'changes', changes: { put, remove } },
  });
}
const restore = (version: number) =>
  store.datasets.commit({
    ...{ datasetId: dataset.id, expectedHead: null, message: 'back', createdBy: 'ann', at: at(2), sourceJobId: null },
    ...{ kind: 'restore', version },
  });
async function paths(reference = 'latest', folder = ''): Promise<readonly string[]> {
  const version = await store.datasets.version(dataset.id, reference);
  return (await store.datasets.files(version, { folder, after: null, limit: 1000 })).map(({ path }) => path);
}

let number = 0;
beforeEach(async () => {
  number++;
  dataset = await store.datasets.insert({
    ...{ id: newId(), projectId: 'default', name: `reviews-${number}`, description: 'texts', createdBy: 'ann' },
    createdAt: at(0),
  });
});

test('the constraint of the status allows what the list in code has', async () => {
  const [row] = await query<{ definition: string }>(
    "select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'datasets_status_check'",
  );
  const words = [...(row?.definition ?? '').matchAll(/'([^']+)'::text/g)].map(([, word]) => word);
  expect(words).toEqual([...datasetStatuses]);
});

describe('versions', () => {
  test('the first version makes the dataset active, and each knows its parent and its changes', async () => {
    expect(dataset).toMatchObject({ status: 'created', headVersion: 0, files: 0, bytes: 0 });
    expect(await commit([file('a.csv'), file('b/c.csv')])).toMatchObject({
      ...{ version: 1, parent: null, files: 2, bytes: 12, added: 2, changed: 0, removed: 0 },
      ...{ message: 'more', createdBy: 'ann', sourceJobId: null },
    });
    const second = await commit([file('a.csv', 'longer than before')], { remove: ['b/c.csv', 'missing'], head: 1 });
    expect(second).toMatchObject({ version: 2, parent: 1, files: 1, bytes: 18, added: 0, changed: 1, removed: 1 });
    expect(await store.datasets.get('default', dataset.name)).toMatchObject({
      ...{ status: 'active', headVersion: 2, files: 1, bytes: 18 },
    });
    expect(await paths('1')).toEqual(['a.csv', 'b/c.csv']);
    expect(await paths()).toEqual(['a.csv']);
    const events = (await allEvents(store)).filter(({ subject }) => subject === dataset.id);
    expect(events.map(({ kind }) => kind)).toEqual(['dataset.changed', 'dataset.version', 'dataset.version']);
    const audit = await store.audit.page({ projectId: 'default', subject: dataset.id, limit: 10 });
    expect(audit.items.map(({ verb }) => verb)).toEqual(['dataset.commit', 'dataset.commit', 'dataset.create']);
  });

  test('a commit without a change makes no version', async () => {
    const first = await commit([file('a')]);
    expect(await commit([file('a')], { remove: ['missing'] })).toEqual(first);
  });

  test('of two writers at once one wins, and the other hears the new head', async () => {
    await commit([file('a')]);
    await stored(file('b'), file('c'));
    const results = await Promise.allSettled([commit([file('b')], { head: 1 }), commit([file('c')], { head: 1 })]);
    const won = results.filter(({ status }) => status === 'fulfilled');
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(won).toHaveLength(1);
    expect(lost).toEqual([expect.objectContaining({ type: 'conflict', details: { headVersion: 2 } })]);
    expect(await paths()).toHaveLength(2);
    expect((await Promise.all([commit([file('d')]), commit([file('e')])])).map(({ version }) => version)).toEqual(
      expect.arrayContaining([3, 4]),
    );
    expect(await paths()).toHaveLength(4);
  });

  test('contents that are not stored, have another size, or are being deleted are refused, and nothing is left', async () => {
    const missing = file('x', 'missing');
    const input = {
      datasetId: dataset.id,
      expectedHead: null,
      message: '',
      createdBy: 'ann',
      at: at(1),
      sourceJobId: null,
    };
    const changes = { put: [missing], remove: [] };
    await expect(store.datasets.commit({ ...input, kind: 'changes', changes })).rejects.toMatchObject({
      type: 'validation-failed',
      details: { errors: [{ pointer: '/put/0', message: expect.stringContaining('is not stored') }] },
    });
    await stored(missing);
    const wrong = { put: [{ ...missing, bytes: 8 }], remove: [] };
    await expect(store.datasets.commit({ ...input, kind: 'changes', changes: wrong })).rejects.toThrow(
      'has 7 bytes, not 8',
    );
    expect(await store.objectUses.condemn(`data/${missing.sha256}`, at(50), at(50))).toBe(true);
    await expect(store.datasets.commit({ ...input, kind: 'changes', changes })).rejects.toThrow('is not stored');
    const counts = await query<{ rows: bigint }>(
      `select count(*) as rows from dataset_nodes where dataset_id = '${dataset.id}' union all
       select count(*) from dataset_contents where dataset_id = '${dataset.id}'`,
    );
    expect(counts.map(({ rows }) => Number(rows))).toEqual([0, 0]);
  });

  test('a restored version has the files and the hash of the old one, as a new version', async () => {
    const first = await commit([file('a'), file('b')]);
    await commit([], { remove: ['a'] });
    const third = await restore(1);
    expect(third).toMatchObject({ version: 3, parent: 2, root: first.root, files: 2, bytes: 2 });
    expect(await restore(1)).toEqual(third);
    await expect(restore(9)).rejects.toMatchObject({ type: 'not-found' });
  });

  test('pages of files, folders, versions and differences', async () => {
    const many = Array.from({ length: 300 }, (_, index) => file(`train/${index % 3}/${index}`));
    await commit(many.slice(0, 200));
    await commit([...many.slice(200), file('train/0/0', 'other')]);
    const version = await store.datasets.version(dataset.id, 'latest');
    const folder = await store.datasets.folder(version, { folder: 'train', after: null, limit: 2 });
    expect(folder).toEqual([
      { kind: 'folder', path: 'train/0', files: 100, bytes: expect.any(Number), isPurged: false },
      { kind: 'folder', path: 'train/1', files: 100, bytes: expect.any(Number), isPurged: false },
    ]);
    expect(await paths('2', 'train/2')).toHaveLength(100);
    expect(await store.datasets.folderSize(version, 'train')).toMatchObject({ files: 300 });
    expect(await store.datasets.file(version, 'train/0/0')).toMatchObject({ sha256: sha('other'), isPurged: false });
    const found: string[] = [];
    for (let after: string | null = null; ;) {
      const page: Awaited<ReturnType<typeof store.datasets.diff>> = await store.datasets.diff(
        await store.datasets.version(dataset.id, '1'),
        version,
        { after, limit: 30 },
      );
      found.push(...page.items.map(({ kind }) => kind));
      after = page.items.at(-1)?.path ?? after;
      if (!page.isMore) break;
    }
    expect([found.filter((kind) => kind === 'added').length, found.length]).toEqual([100, 101]);
    const versions = await store.datasets.versions({ datasetId: dataset.id, limit: 1 });
    expect(versions.items.map((one) => one.version)).toEqual([2]);
    const cursor = versions.nextCursor ?? '';
    const rest = await store.datasets.versions({ datasetId: dataset.id, cursor, limit: 1 });
    expect([rest.items.map((one) => one.version), rest.nextCursor]).toEqual([[1], null]);
  });
});

test('tags move with history, and versions are found by them', async () => {
  await commit([file('a')]);
  await commit([file('b')]);
  const move = (tag: string, version: number | null, second: number) =>
    store.datasets.setTag({ datasetId: dataset.id, tag, version, by: 'ann', at: at(second) });
  await move('golden', 1, 1);
  await move('golden', 2, 2);
  await move('golden', 2, 3);
  expect(await store.datasets.tags(dataset.id)).toEqual([
    { tag: 'golden', version: 2, movedBy: 'ann', movedAt: at(2) },
  ]);
  expect(await store.datasets.version(dataset.id, 'golden')).toMatchObject({ version: 2 });
  await move('golden', null, 4);
  await expect(move('golden', null, 5)).rejects.toMatchObject({ type: 'not-found' });
  await expect(move('golden', 7, 5)).rejects.toMatchObject({ type: 'not-found' });
  await expect(store.datasets.version(dataset.id, 'golden')).rejects.toMatchObject({ type: 'not-found' });
  const moves = await store.datasets.tagMoves({ datasetId: dataset.id, limit: 10 });
  expect(moves.items.map(({ from, to }) => [from, to])).toEqual([
    [2, null],
    [1, 2],
    [null, 1],
  ]);
});

test('names, descriptions and the status change by their rules', async () => {
  const other = await store.datasets.insert({
    ...{ id: newId(), projectId: 'default', name: `other-${number}`, description: '', createdBy: 'bob' },
    createdAt: at(0),
  });
  const change = (to: Parameters<typeof store.datasets.update>[1]) => store.datasets.update(dataset.id, to, at(3));
  await expect(change({ name: other.name })).rejects.toMatchObject({ type: 'conflict' });
  await expect(change({ status: 'active' })).rejects.toMatchObject({ type: 'conflict' });
  expect(await change({ name: `moved-${number}`, description: 'new' })).toMatchObject({ description: 'new' });
  await commit([file('a')]);
  expect(await change({ status: 'archived' })).toMatchObject({ status: 'archived', headVersion: 1 });
  await expect(commit([file('b')])).rejects.toMatchObject({ type: 'conflict' });
  expect(await change({ status: 'active' })).toMatchObject({ status: 'active' });
  await expect(change({ status: 'created' })).rejects.toMatchObject({ type: 'conflict' });
  const list = await store.datasets.list({ projectId: 'default', text: `moved-${number}`, limit: 5 });
  expect(list.items.map(({ id }) => id)).toEqual([dataset.id]);
  expect((await store.datasets.list({ projectId: 'default', text: 'moved_', limit: 5 })).items).toEqual([]);
  expect((await store.datasets.list({ projectId: 'elsewhere', limit: 5 })).items).toEqual([]);
  expect(await store.datasets.get('default', dataset.id)).toMatchObject({ name: `moved-${number}` });
});

test('a purged content is gone from all versions of the dataset, and cannot come again', async () => {
  const secret = file('secret', `secret ${number}`);
  await commit([secret, file('a')]);
  await commit([file('a', 'b')]);
  const purge = () =>
    store.datasets.purge({ datasetId: dataset.id, sha256: secret.sha256, by: 'ann', reason: 'asked to', at: at(5) });
  expect(await purge()).toEqual({ elsewhere: 0 });
  await expect(purge()).rejects.toMatchObject({ type: 'not-found' });
  for (const reference of ['1', '2'])
    expect(await store.datasets.file(await store.datasets.version(dataset.id, reference), 'secret')).toMatchObject({
      isPurged: true,
    });
  expect(await store.objectUses.needless(at(0), 10)).toContain(`data/${secret.sha256}`);
  await expect(commit([{ ...secret, path: 'again' }])).rejects.toThrow('was purged from this dataset');
});

test('one changed file among ten thousand costs less than twenty rows', async () => {
  const pathOf = (index: number) => `class-${index % 7}/${index}.png`;
  const many = Array.from({ length: 10_000 }, (_, index) => file(pathOf(index), 'same'));
  await commit(many);
  await stored(file('x', 'changed'));
  const before = await tableRows();
  await commit([file(pathOf(4321), 'changed')]);
  expect((await tableRows()) - before).toBeLessThanOrEqual(20);
});

/** Rows of all tables that a commit writes. */
async function tableRows(): Promise<number> {
  const tables = ['dataset_versions', 'dataset_nodes', 'dataset_contents', 'object_uses', 'events', 'audit_log'];
  const counts = tables.map((table) => `select count(*) as rows from ${table}`).join(' union all ');
  return (await query<{ rows: bigint }>(counts)).reduce((sum, { rows }) => sum + Number(rows), 0);
}
