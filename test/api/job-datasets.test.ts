import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { objectKeys, type DataPage, type DatasetVersionView, type JobView, type Problem } from '@artenic/core';
import { ApiWorld, errorOf, type Runner } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const file = (path: string, content = path) => ({ path, sha256: sha(content), bytes: content.length });

let number = 0;
async function newDataset(): Promise<string> {
  const name = `texts-${++number}`;
  await world.call('POST', '/api/v1/datasets', { body: { name } });
  await commit(name, ['train/a.csv', 'train/b.csv', 'test.csv']);
  return name;
}
async function commit(name: string, contents: readonly string[]): Promise<DatasetVersionView> {
  for (const content of contents)
    await world.deps.storage.put(objectKeys.data(sha(content)), Buffer.from(content), { sha256: sha(content) });
  const put = contents.map((content) => file(content));
  return (await world.call('POST', `/api/v1/datasets/${name}/versions`, { body: { put } })).json();
}
const submit = (data: readonly object[]) =>
  world.call('POST', '/api/v1/jobs', { body: { service: 'texts', command: 'train', data } });
async function accepted(data: readonly object[]): Promise<JobView> {
  const answer = await submit(data);
  expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
  return answer.json();
}
async function filesOf(runner: Runner, position = 0): Promise<readonly string[]> {
  const answer = await world.ship(runner, 'data', { position, after: null });
  return answer.json<DataPage>().files.map(({ path, purged }) => (purged ? `${path} (purged)` : path));
}
const remove = (name: string) => world.call('DELETE', `/api/v1/datasets/${name}`);

test('a version is fixed at submit, and every attempt and every copy of the job has its files', async () => {
  const name = await newDataset();
  const job = await accepted([{ dataset: name }]);
  const newer = await commit(name, ['train/c.csv']);
  expect(newer.version).toBe(2);
  const [item] = job.spec.data;
  expect(item).toMatchObject({ dataset: `${name}@1`, name, root: expect.stringMatching(/^[0-9a-f]{64}$/) });
  for (const attempt of [1, 2]) {
    const runner = await world.startAttempt(job.id, attempt);
    expect(await filesOf(runner)).toEqual(['test.csv', 'train/a.csv', 'train/b.csv']);
  }
  const again = await accepted(job.spec.data);
  expect(again.spec.data).toEqual(job.spec.data);
  const other = await newDataset();
  const wrong = await submit([{ ...item, dataset: `${other}@1`, root: sha('another') }]);
  expect([wrong.status, wrong.json<Problem>().detail]).toEqual([409, expect.stringContaining('another dataset')]);
});

test('a job takes a part of a version, several versions, and tags', async () => {
  const name = await newDataset();
  await world.call('PUT', `/api/v1/datasets/${name}/tags/good`, { body: { version: 1 } });
  await commit(name, ['train/c.csv']);
  const job = await accepted([
    { dataset: `${name}@good`, paths: ['train/**'], name: 'old' },
    { dataset: `${name}@latest`, paths: ['*.csv', 'train/c.*'] },
  ]);
  expect(job.spec.data.map((item) => ('dataset' in item ? item.dataset : ''))).toEqual([`${name}@1`, `${name}@2`]);
  const runner = await world.startAttempt(job.id, 1);
  expect(await filesOf(runner, 0)).toEqual(['train/a.csv', 'train/b.csv']);
  expect(await filesOf(runner, 1)).toEqual(['test.csv', 'train/c.csv']);
  const page = await world.ship(runner, 'data', { position: 0, after: 'train/a.csv' });
  expect(page.json<DataPage>()).toMatchObject({ next: null, total: { files: 2, bytes: 22 } });
  expect((await world.ship(runner, 'data', { position: 2, after: null })).status).toBe(404);
  const request = (content: string) => ({ kind: 'get', key: objectKeys.data(sha(content)) });
  const sign = (...contents: readonly string[]) =>
    world.ship(runner, 'objects/sign', { requests: contents.map(request), use: 'now' });
  expect((await sign('train/a.csv', 'test.csv')).status).toBe(200);
  // A runner repeats a request without an end when its credential is refused.
  expect((await sign('train/a.csv', 'something else')).status).toBe(410);
});

describe('refused at submit', () => {
  test('what does not exist, with what was meant', async () => {
    const name = await newDataset();
    const detail = async (...data: readonly object[]) => {
      const answer = await submit(data);
      return [answer.status, answer.json<Problem>().errors?.[0]] as const;
    };
    const hint = expect.stringContaining(`Did you mean "${name}"?`);
    expect(await detail({ dataset: `${name}x` })).toEqual([422, { pointer: '/data/0/dataset', message: hint }]);
    expect((await detail({ dataset: `${name}@7` }))[1]?.message).toContain('no version 7');
    expect((await detail({ dataset: name, paths: ['tests/**'] }))[1]?.message).toContain('No file of');
    expect((await detail({ dataset: name }, { name: `${name}/x.csv`, sha256: sha('x') }))[1]).toMatchObject({
      pointer: '/data/1/name',
      message: 'the entry 1 of data is a dataset in that folder',
    });
    expect((await detail({ dataset: name, path: ['x'] }))[1]).toMatchObject({
      pointer: '/data/0/path',
      message: expect.stringContaining('did you mean "paths"?'),
    });
    expect((await detail({ dataset: `${name}@0` }))[1]?.message).toContain('reviews@latest');
  });

  test('an archived dataset, and one without a version', async () => {
    const name = await newDataset();
    await world.call('PATCH', `/api/v1/datasets/${name}/status`, { body: { status: 'archived' } });
    expect(errorOf(await submit([{ dataset: name }]))).toBe('conflict');
    await world.call('POST', '/api/v1/datasets', { body: { name: 'empty' } });
    expect((await submit([{ dataset: 'empty' }])).json<Problem>().detail).toContain('no version yet');
  });
});

test('a purge refuses jobs that would have read the file, unless they allow it', async () => {
  const name = await newDataset();
  const before = await accepted([{ dataset: name }]);
  const reason = { path: 'train/b.csv', reason: 'a person asked for it' };
  expect((await world.call('POST', `/api/v1/datasets/${name}/purge`, { body: reason })).status).toBe(200);
  const refused = await submit([{ dataset: name }]);
  expect([refused.status, refused.json<Problem>().detail]).toEqual([410, expect.stringContaining('"train/b.csv"')]);
  await accepted([{ dataset: name, paths: ['train/a*'] }]);
  const allowed = await accepted([{ dataset: name, allowPurged: true }]);
  for (const { id } of [before, allowed]) {
    const runner = await world.startAttempt(id, 1);
    expect(await filesOf(runner)).toEqual(['test.csv', 'train/a.csv', 'train/b.csv (purged)']);
    const requests = [{ kind: 'get', key: objectKeys.data(sha('train/b.csv')) }];
    expect((await world.ship(runner, 'objects/sign', { requests, use: 'now' })).status).toBe(410);
  }
});

test('a dataset is not deleted while an open job reads a version of it', async () => {
  const name = await newDataset();
  const job = await accepted([{ dataset: `${name}@1` }]);
  const refused = await remove(name);
  expect([refused.status, refused.json<Problem>().detail]).toEqual([409, expect.stringContaining(job.id)]);
  await world.store.jobs.transition(job.id, 'cancelled');
  expect((await remove(name)).status).toBe(204);
  // The row outlives the dataset.
  const [held] = await world.store.datasets.ofJob(job.id);
  expect(held).toMatchObject({ dataset: name, version: 1, files: 3, reference: '1' });
  expect((await submit(job.spec.data)).status).toBe(422);
});

test('a submit and a deletion at the same time never leave a job without its files', async () => {
  for (let round = 0; round < 5; round++) {
    const name = await newDataset();
    const [submitted, removed] = await Promise.all([submit([{ dataset: name }]), remove(name)]);
    expect([
      [202, 409],
      [409, 204],
      [422, 204],
    ]).toContainEqual([submitted.status, removed.status]);
  }
});
