import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  DatasetDraftView,
  DatasetEntry,
  DatasetVersionView,
  DatasetView,
  MissingContent,
  Problem,
  StorageOption,
} from '@artenic/core';
import { unpackTar } from 'modern-tar';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (path: string, content = path) => ({ path, sha256: sha(content), bytes: content.length });
const at = (rest: string): string => `/api/v1/datasets${rest}`;

let number = 0;
async function create(): Promise<string> {
  const name = `reviews-${++number}`;
  const made = await world.call('POST', at(''), { body: { name, description: 'texts' } });
  expect([made.status, made.headers.get('location')]).toEqual([201, at(`/${name}`)]);
  return name;
}

async function upload(...contents: readonly string[]): Promise<number> {
  const body = { contents: contents.map((content) => ({ sha256: sha(content), bytes: content.length })) };
  const answer = await world.call('POST', '/api/v1/dataset-contents/missing', { body });
  const { missing } = answer.json<{ missing: MissingContent[] }>();
  for (const { sha256, request } of missing) {
    const content = contents.find((one) => sha(one) === sha256) ?? '';
    const { pathname, search } = new URL(request.url);
    const sent = await fetch(`${world.url}${pathname}${search}`, { method: request.method, body: content });
    expect(sent.status).toBe(200);
  }
  return missing.length;
}
const commit = (name: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  world.call('POST', at(`/${name}/versions`), { body, headers });
async function filled(): Promise<string> {
  const name = await create();
  await upload('train/a.csv', 'train/b.csv', 'test.csv');
  const made = await commit(name, { put: [file('train/a.csv'), file('train/b.csv'), file('test.csv')] });
  expect(made.status).toBe(201);
  return name;
}
const files = async (name: string, query = '') =>
  (await world.call('GET', at(`/${name}/files${query}`))).json<{ items: DatasetEntry[]; nextCursor: string | null }>();

test('a dataset is created, found by name and id, changed, archived and deleted', async () => {
  const name = await create();
  const { id, ...rest } = (await world.call('GET', at(`/${name}`))).json<DatasetView>();
  expect(rest).toMatchObject({ name, description: 'texts', status: 'created', version: null, files: 0, bytes: 0 });
  expect((await world.call('GET', at(`/${id}`))).json<DatasetView>().name).toBe(name);
  expect((await world.call('POST', at(''), { body: { name } })).status).toBe(409);
  const moved = await world.call('PATCH', at(`/${name}`), { body: { name: `${name}-b`, description: '' } });
  expect(moved.json<DatasetView>()).toMatchObject({ id, name: `${name}-b`, description: '' });
  const status = (to: string) => world.call('PATCH', at(`/${id}/status`), { body: { status: to } });
  expect((await status('active')).status).toBe(409);
  expect((await status('archived')).json<DatasetView>().status).toBe('archived');
  const listed = await world.call('GET', at(`?text=${name}&status=archived`));
  expect(listed.json<{ items: DatasetView[] }>().items.map((one) => one.id)).toEqual([id]);
  expect((await world.call('DELETE', at(`/${id}`))).status).toBe(204);
  expect((await world.call('GET', at(`/${id}`))).status).toBe(404);
  const own = await world.call('POST', at(''), { body: { name, id: 'my-own-id' } });
  expect(own.json<DatasetView>().id).toBe('my-own-id');
});

test('another project sees nothing of a dataset', async () => {
  const name = await filled();
  const bearer = await addKey(world.store, 'stranger', 'elsewhere');
  for (const path of [`/${name}`, `/${name}/files`, `/${name}/versions/1`, `/${name}/archive`])
    expect([path, (await world.call('GET', at(path), { bearer })).status]).toEqual([path, 404]);
  expect((await world.call('GET', at(''), { bearer })).json<{ items: unknown[] }>().items).toEqual([]);
});

describe('versions', () => {
  test('only missing contents are sent, and a commit with one that is missing leaves nothing', async () => {
    const name = await create();
    const [one, two] = [randomUUID(), randomUUID()];
    expect(await upload(one, two)).toBe(2);
    expect(await upload(one, two)).toBe(0);
    const lost = await commit(name, { put: [file('a', one), file('b', 'never sent')] });
    expect(lost.status).toBe(422);
    expect(lost.json<Problem>().errors).toEqual([
      { pointer: '/put/1', message: expect.stringContaining('is not stored: upload it first') },
    ]);
    expect((await world.call('GET', at(`/${name}`))).json<DatasetView>()).toMatchObject({ version: null });
  });

  test('of two commits on one head the second is told the new head; the same request again is one version', async () => {
    const name = await filled();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { remove: ['test.csv'], expectedVersion: 1, message: 'less' };
    const made = await commit(name, body, headers);
    expect(made.json<DatasetVersionView>()).toMatchObject({
      version: 2,
      parent: 1,
      files: 2,
      removed: 1,
      message: 'less',
    });
    expect((await commit(name, body, headers)).json()).toEqual(made.json());
    const late = await commit(name, { remove: ['train/a.csv'], expectedVersion: 1 });
    expect([late.status, late.json<Problem>().headVersion]).toEqual([409, 2]);
    const versions = await world.call('GET', at(`/${name}/versions`));
    expect(versions.json<{ items: DatasetVersionView[] }>().items.map(({ version }) => version)).toEqual([2, 1]);
  });

  test('differences, a restored version, and tags that move', async () => {
    const name = await filled();
    await upload('other');
    await commit(name, { put: [file('test.csv', 'other')], remove: ['train/a.csv'] });
    const diff = await world.call('GET', at(`/${name}/versions/latest/diff`));
    expect(diff.json<{ items: object[] }>().items).toEqual([
      { kind: 'changed', path: 'test.csv', before: expect.any(Object), after: { sha256: sha('other'), bytes: 5 } },
      { kind: 'removed', path: 'train/a.csv', before: expect.any(Object), after: null },
    ]);
    expect((await commit(name, { restore: 1, put: [file('x')] })).status).toBe(422);
    expect((await commit(name, { restore: 1, message: 'back' })).json<DatasetVersionView>()).toMatchObject({
      ...{ version: 3, added: 1, changed: 1, removed: 0 },
    });
    const same = await world.call('GET', at(`/${name}/versions/3/diff?from=1`));
    expect(same.json<{ items: object[] }>().items).toEqual([]);
    const tag = (method: 'PUT' | 'DELETE', body?: object) =>
      world.call(method, at(`/${name}/tags/golden`), body === undefined ? {} : { body });
    expect((await tag('PUT', { version: 1 })).status).toBe(204);
    expect((await tag('PUT', { version: 2 })).status).toBe(204);
    const golden = await world.call('GET', at(`/${name}/versions/golden`));
    expect(golden.json<DatasetVersionView>()).toMatchObject({ version: 2, tags: ['golden'] });
    expect((await tag('DELETE')).status).toBe(204);
    expect((await world.call('GET', at(`/${name}/versions/golden`))).status).toBe(404);
    const history = await world.call('GET', at(`/${name}/tag-history`));
    expect(history.json<{ items: { to: number | null }[] }>().items.map(({ to }) => to)).toEqual([null, 2, 1]);
    expect((await world.call('PUT', at(`/${name}/tags/latest`), { body: { version: 1 } })).status).toBe(422);
  });
});

describe('drafts', () => {
  const draftOf = async (name: string, body: object = {}): Promise<string> => {
    const made = await world.call('POST', at(`/${name}/drafts`), { body });
    expect(made.status).toBe(201);
    return made.json<DatasetDraftView>().id;
  };
  const change = (name: string, draft: string, body: object) =>
    world.call('POST', at(`/${name}/drafts/${draft}/changes`), { body });
  const commitDraft = (name: string, draft: string, body: object = {}) =>
    world.call('POST', at(`/${name}/drafts/${draft}/commit`), { body });

  test('changes of several requests become one version, the same as by one commit', async () => {
    const name = await filled();
    const draft = await draftOf(name, { expectedVersion: 1 });
    const contents = Array.from({ length: 300 }, (_, index) => `${name} ${index}`);
    await upload(...contents);
    const put = contents.map((content, index) => file(`many/${index % 7}/${index}.csv`, content));
    await change(name, draft, { put: put.slice(0, 100) });
    await change(name, draft, { put: put.slice(100, 200), remove: ['test.csv'] });
    const again = await change(name, draft, { put: put.slice(150) });
    expect(again.json<DatasetDraftView>()).toMatchObject({ files: 302, added: 300, removed: 1, state: 'open' });
    expect((await files(name, '?recursive=true')).items).toHaveLength(3);
    const made = await commitDraft(name, draft, { message: 'at once' });
    expect(made.json<DatasetVersionView>()).toMatchObject({
      ...{ version: 2, parent: 1, files: 302, added: 300, removed: 1, message: 'at once' },
    });
    expect((await commitDraft(name, draft)).json<DatasetVersionView>().version).toBe(2);
    expect((await change(name, draft, { remove: ['x'] })).status).toBe(409);
    const other = await create();
    const all = [file('train/a.csv'), file('train/b.csv'), ...put];
    const whole = (await commit(other, { put: all })).json<DatasetVersionView>();
    expect(whole.root).toBe(made.json<DatasetVersionView>().root);
  });

  test('a draft is refused what a commit is refused, and another version that came first', async () => {
    const name = await filled();
    const draft = await draftOf(name);
    expect((await change(name, draft, { put: [file('a', `${name} never sent`)] })).status).toBe(422);
    expect((await change(name, draft, { put: [file('../up')] })).status).toBe(422);
    expect((await world.call('POST', at(`/${name}/drafts`), { body: { expectedVersion: 9 } })).status).toBe(409);
    await commit(name, { remove: ['test.csv'] });
    await change(name, draft, { remove: ['train/a.csv'] });
    const late = await commitDraft(name, draft);
    expect([late.status, late.json<Problem>().headVersion]).toEqual([409, 2]);
    expect((await world.call('DELETE', at(`/${name}/drafts/${draft}`))).status).toBe(204);
    expect((await change(name, draft, { remove: ['train/b.csv'] })).status).toBe(404);
    const empty = await create();
    expect((await commitDraft(empty, await draftOf(empty))).status).toBe(409);
    for (let more = 1; more < 20; more++) await draftOf(empty);
    expect((await world.call('POST', at(`/${empty}/drafts`), { body: {} })).status).toBe(409);
  });
});

describe('files', () => {
  test('folders and files by page, and a file with its ranges', async () => {
    const name = await filled();
    expect((await files(name)).items).toEqual([
      { kind: 'file', ...file('test.csv'), purged: false },
      { kind: 'folder', path: 'train', files: 2, bytes: 22 },
    ]);
    const first = await files(name, '?recursive=true&limit=2');
    const second = await files(name, `?recursive=true&limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ path }) => path)).toEqual([
      'test.csv',
      'train/a.csv',
      'train/b.csv',
    ]);
    expect((await files(name, '?folder=train/')).items).toHaveLength(2);
    const get = (range?: string) =>
      world.call('GET', at(`/${name}/files/train/a.csv?version=1`), range === undefined ? {} : { headers: { range } });
    const whole = await get();
    expect([whole.status, whole.text, whole.headers.get('etag')]).toEqual([
      200,
      'train/a.csv',
      `"${sha('train/a.csv')}"`,
    ]);
    const part = await get('bytes=6-');
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, 'a.csv', 'bytes 6-10/11']);
    expect((await get('bytes=99-')).status).toBe(416);
    expect((await world.call('GET', at(`/${name}/files/train/A.csv`))).status).toBe(404);
    const removed = await world.call('DELETE', at(`/${name}/files/test.csv`));
    expect(removed.json<DatasetVersionView>()).toMatchObject({ version: 2, files: 2, message: 'Remove test.csv' });
    expect((await world.call('DELETE', at(`/${name}/files/test.csv`))).status).toBe(404);
  });

  test('a folder comes as a tar', async () => {
    const name = await filled();
    const long = `${'deep-folder-name/'.repeat(20)}file.csv`;
    await upload('', long);
    await commit(name, { put: [file('train/empty', ''), file(`train/${long}`, long)] });
    const answer = await fetch(`${world.url}${at(`/${name}/archive?folder=train`)}`, {
      headers: { authorization: `Bearer ${world.key}` },
    });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    const entries = await unpackTar(new Uint8Array(await answer.arrayBuffer()));
    expect(new Map(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)]))).toEqual(
      new Map([
        ['a.csv', 'train/a.csv'],
        ['b.csv', 'train/b.csv'],
        [long, long],
        ['empty', ''],
      ]),
    );
    expect((await world.call('GET', at(`/${name}/archive?folder=nowhere`))).status).toBe(404);
  });

  test('names that could not be stored, or be two files of one name, are refused', async () => {
    const name = await filled();
    for (const put of [
      [file('../up')],
      [file('a\\b')],
      [file('Train/c.csv', 'test.csv')],
      [file('train', 'test.csv')],
      [file('x', 'test.csv'), file('X', 'test.csv')],
    ]) {
      const refused = await commit(name, { put });
      expect([put[0]?.path, refused.status]).toEqual([put[0]?.path, 422]);
    }
    expect((await world.call('GET', at(`/${name}`))).json<DatasetView>().version).toBe(1);
  });

  test('a purged file is listed, and not given', async () => {
    const name = await create();
    const secret = randomUUID();
    await upload(secret);
    await commit(name, { put: [file('secret', secret)] });
    const purge = await world.call('POST', at(`/${name}/purge`), { body: { path: 'secret', reason: 'asked to' } });
    expect(purge.json()).toEqual({ sha256: sha(secret), elsewhere: 0 });
    expect((await files(name)).items).toMatchObject([{ path: 'secret', purged: true }]);
    const gone = await world.call('GET', at(`/${name}/files/secret`));
    expect([gone.status, gone.json<Problem>().type]).toEqual([410, 'urn:artenic:error:purged']);
    const audit = await world.call('GET', '/api/v1/audit?verb=dataset.purge');
    expect(audit.json<{ items: object[] }>().items).toMatchObject([{ details: { reason: 'asked to' } }]);
  });
});

test('the options say what the storage cannot do, and hold no address and no secret', async () => {
  const { items } = (await world.call('GET', at('/storage-options'))).json<{ items: StorageOption[] }>();
  expect(items).toEqual([
    {
      ...{ name: 'default', kind: 'filesystem', isDefault: true },
      ...{ directDownloads: false, directUploads: false, parts: false },
      cannot: [expect.stringContaining('through the API'), expect.stringContaining('2 GB')],
    },
  ]);
  const taken = await world.call('POST', at(''), { body: { name: 'storage-options' } });
  expect(taken.status).toBe(422);
});
