import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatasetPreview, DatasetStats, FileProfile, MissingContent, Problem } from '@artenic/core';
import { createDataActivities } from '../../activities/datasets/profile-files.ts';
import { openProcessFolder } from '../../activities/process-folder.ts';
import { profileFile } from '../../profiling/profile-file.ts';
import { ApiWorld, errorOf } from './harness.ts';

let world: ApiWorld;
let folder: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  folder = await mkdtemp(join(tmpdir(), 'artenic-profiles-'));
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (rest: string): string => `/api/v1/datasets${rest}`;
const sha = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

let number = 0;
async function create(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const name = `tables-${++number}`;
  await world.call('POST', at(''), { body: { name } });
  await commit(name, files);
  return name;
}

async function commit(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const put = Object.entries(files).map(([path, content]) => ({ path, sha256: sha(content), bytes: content.length }));
  const contents = put.map(({ sha256, bytes }) => ({ sha256, bytes }));
  const answer = await world.call('POST', '/api/v1/dataset-contents/missing', { body: { contents } });
  for (const { sha256, request } of answer.json<{ missing: MissingContent[] }>().missing) {
    const { pathname, search } = new URL(request.url);
    const content = Object.values(files).find((one) => sha(one) === sha256) ?? '';
    await fetch(`${world.url}${pathname}${search}`, { method: request.method, body: content as string });
  }
  expect((await world.call('POST', at(`/${name}/versions`), { body: { put } })).status).toBe(201);
}

/** Profiles a version as the worker does. @returns the profiled and the failed files */
async function profileVersion(name: string, version = 1) {
  const { id } = await world.store.datasets.get('default', name);
  const activities = createDataActivities({
    ...{ store: world.store, storage: world.deps.storage, now: () => new Date() },
    inTemporaryFolder: await openProcessFolder(folder),
    readTable: profileFile,
  });
  const { next, ...counts } = await activities.profileFiles({ datasetId: id, version, after: null, done: 0 });
  expect(next).toBeNull();
  await activities.finishProfiles({ datasetId: id, version, ...counts });
  return counts;
}

const stats = async (name: string, query = ''): Promise<DatasetStats> =>
  (await world.call('GET', at(`/${name}/stats${query}`))).json<DatasetStats>();
const preview = (name: string, query: Readonly<Record<string, string>> = {}) =>
  world.call('GET', at(`/${name}/preview?${new URLSearchParams(query).toString()}`));
const rowsOf = async (name: string, query: Readonly<Record<string, string>>) =>
  (await preview(name, query)).json<DatasetPreview>().rows.map(({ row }) => row);

const png = Buffer.concat([
  Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
  Buffer.from([0, 0, 0, 13]),
  Buffer.from('IHDR'),
  Buffer.from([0, 0, 1, 0, 0, 0, 0, 128]),
]);

test('a new version is profiled, and its files have their statistics', async () => {
  const name = await create({
    'a.csv': 'id,word\n1,red\n2,blue\n',
    'broken.csv': `id,word\n${'1,red\n'.repeat(3)}2\n`,
    'image.png': png,
    'notes.txt': 'text',
  });
  expect(await stats(name)).toMatchObject({
    profiles: { state: 'waiting' },
    items: [{ state: 'waiting' }, {}, {}, {}],
  });
  expect(errorOf(await preview(name))).toBe('not-ready');
  expect(await profileVersion(name)).toEqual({ profiled: 2, failed: 1, skipped: 0 });
  const { items, profiles } = await stats(name);
  expect(profiles).toMatchObject({ state: 'done', profiled: 2, failed: 1, skipped: 0 });
  expect(items).toMatchObject([
    { path: 'a.csv', mediaType: 'text/csv', state: 'done', rows: 2, columns: 2 },
    { path: 'broken.csv', state: 'failed', failure: { reason: 'broken', row: 5, column: 2 } },
    { path: 'image.png', state: 'done', width: 256, height: 128, rows: null },
    { path: 'notes.txt', mediaType: 'text/plain', state: 'none' },
  ]);
  expect((await stats(name, '?limit=3')).items).toHaveLength(3);
  const profile = (await world.call('GET', at(`/${name}/profile?path=a.csv`))).json<FileProfile>();
  expect(profile.profile).toMatchObject({ kind: 'table', rows: 2, columns: [{ name: 'id', type: 'BIGINT' }, {}] });
  const failed = await preview(name, { path: 'broken.csv' });
  expect([failed.status, errorOf(failed)]).toEqual([422, 'file-unreadable']);
  expect(failed.json<Problem>().detail).toContain('row 5');
  expect(errorOf(await preview(name, { path: 'image.png' }))).toBe('file-unreadable');
  expect(errorOf(await preview(name, { path: 'none.csv' }))).toBe('not-found');
});

test('only changed contents are read, also by another dataset; a purge takes the profile with it', async () => {
  const [one, other] = ['x,y\n1,2\n', 'x,y\n3,4\n'];
  const name = await create({ 'one.csv': one, 'other.csv': other });
  expect(await profileVersion(name)).toMatchObject({ profiled: 2 });
  await commit(name, { 'other.csv': 'x,y\n5,6\n', 'same.csv': one });
  expect(await profileVersion(name, 2)).toMatchObject({ profiled: 1 });
  const second = await create({ 'again.csv': one });
  expect((await stats(second)).items).toMatchObject([{ state: 'done', rows: 1 }]);
  const purge = (of: string) =>
    world.call('POST', at(`/${of}/purge`), { body: { sha256: sha(one), reason: 'personal data' } });
  const profiles = () => world.store.profiles.ofContents([{ sha256: sha(one), format: 'csv' }]);
  await purge(name);
  expect(await profiles()).toHaveLength(1);
  expect(errorOf(await preview(name, { path: 'same.csv' }))).toBe('purged');
  await purge(second);
  expect(await profiles()).toEqual([]);
});

describe('preview', () => {
  const lines = Array.from({ length: 500 }, (_, index) => {
    const name = index === 123 ? `"=cmd(), it's ""x""; --"` : `name ${index}`;
    return `${index},${name},${index % 7},2024-01-${String((index % 28) + 1).padStart(2, '0')},${index / 4}`;
  });
  let table: string;
  beforeAll(async () => {
    table = await create({ 'data/people.csv': `id,a "name",group,day,real\n${lines.join('\n')}\n` });
    await profileVersion(table);
  });
  const name = 'a "name"';

  test('pages at any offset', async () => {
    const first = (await preview(table, { limit: '3' })).json<DatasetPreview>();
    expect(first).toMatchObject({ path: 'data/people.csv', total: 500, offset: 0, nextOffset: 3, columnsLeftOut: 0 });
    expect(first.columns).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name, type: 'VARCHAR' },
      { name: 'group', type: 'BIGINT' },
      { name: 'day', type: 'DATE' },
      { name: 'real', type: 'DOUBLE' },
    ]);
    expect(first.rows[1]).toEqual({ row: 1, cells: [1, 'name 1', 1, '2024-01-02', 0.25], cut: [] });
    const last = (await preview(table, { limit: '3', offset: '498' })).json<DatasetPreview>();
    expect([last.rows.map(({ row }) => row), last.nextOffset]).toEqual([[498, 499], null]);
    expect((await preview(table, { offset: '9007199254740991' })).json<DatasetPreview>().rows).toEqual([]);
  });

  test.each([
    [{ filter: 'id:eq:77' }, [77]],
    [{ filter: 'id:lt:3' }, [0, 1, 2]],
    [{ filter: 'day:ge:2024-01-28', limit: '2' }, [27, 55]],
    [{ filter: `${name}:contains:NAME 49`, limit: '3' }, [49, 490, 491]],
    [{ filter: `${name}:eq:name 3` }, [3]],
    [{ filter: 'id:null' }, []],
    [{ search: 'NAME 12', limit: '2' }, [12, 120]],
    [{ search: '499' }, [499]],
    [{ sort: '-id', limit: '2' }, [499, 498]],
    [{ sort: 'group', limit: '3' }, [0, 7, 14]],
    [{ sort: '-real', filter: 'group:eq:3', limit: '2', offset: '1' }, [486, 479]],
  ] as readonly (readonly [Record<string, string>, readonly number[]])[])('%j', async (query, rows) => {
    expect(await rowsOf(table, query)).toEqual(rows);
  });

  test('a filter or an order of a column that does not exist is refused by name', async () => {
    for (const query of [{ sort: 'nothing' }, { filter: 'nothing:eq:1' }, { filter: 'id' }, { filter: 'id:like:1' }]) {
      const answer = await preview(table, query);
      expect(answer.status).toBe(422);
      expect(answer.json<Problem>().detail).toContain('a "name"');
    }
    expect(errorOf(await preview(table, { filter: 'id:eq:one' }))).toBe('validation-failed');
  });

  /** Each would change the statement, or read another file, if it became part of it. */
  const hostile = [
    `' OR 1=1 --`,
    `'; DROP TABLE kept_1; --`,
    `" OR ""="`,
    `$1`,
    `') UNION SELECT * FROM read_text('/etc/passwd') --`,
    `\\'; ATTACH '/tmp/x'`,
    `%`,
    `_`,
    `it's "x"; --`,
  ];

  test.each(hostile)('hostile text %j is only text', async (text) => {
    const isPart = `=cmd(), it's "x"; --`.includes(text.toLowerCase());
    for (const query of [{ search: text }, { filter: `${name}:contains:${text}` }])
      expect(await rowsOf(table, query)).toEqual(isPart ? [123] : []);
    expect(await rowsOf(table, { filter: `${name}:eq:${text}` })).toEqual([]);
    expect((await preview(table, { filter: `${text}:eq:1` })).status).toBe(422);
    expect((await preview(table, { sort: text })).status).toBe(422);
  });
});

test('long values are cut, and an answer stays small', async () => {
  const name = await create({ 'long.csv': `a,b\n${`${'x'.repeat(50_000)},1\n`.repeat(300)}` });
  await profileVersion(name);
  const { rows } = (await preview(name, { limit: '200' })).json<DatasetPreview>();
  expect(rows).toHaveLength(200);
  expect(rows[0]?.cut).toEqual([0]);
  expect(rows[0]?.cells[0]).toHaveLength(2001);
});

test('nested values, infinities and integers beyond doubles are exact JSON', async () => {
  const line = '{"big":9007199254740993,"list":[1,2],"nested":{"constructor":1,"b":[{"c":null}]},"text":"a"}';
  const name = await create({ 'nested.jsonl': `${line}\n`, 'reals.csv': 'r\nnan\ninf\n1.5\n' });
  await profileVersion(name);
  const nested = (await preview(name, { path: 'nested.jsonl' })).json<DatasetPreview>().rows[0];
  expect(JSON.stringify(nested?.cells)).toBe('["9007199254740993",[1,2],{"constructor":1,"b":[{"c":null}]},"a"]');
  const reals = (await preview(name, { path: 'reals.csv' })).json<DatasetPreview>();
  expect(reals.rows.map(({ cells }) => cells[0])).toEqual(['NaN', 'Infinity', 1.5]);
});
