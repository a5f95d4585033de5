import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Problem, UploadView } from '@artenic/core';
import { Upload } from 'tus-js-client';
import { defaultUploadRules } from '../../core/datasets/upload-rules.ts';
import { collectGarbage } from '../../store/retention/collector.ts';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  const uploads = {
    ...defaultUploadRules,
    requestBytes: 300_000,
    resumableBytes: 100_000_000,
    extensions: ['csv', 'bin'],
    names: 'portable',
  } as const;
  world = await ApiWorld.start({ uploads });
});
afterAll(() => world.close());

const sha = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const tus = (headers: Readonly<Record<string, string>> = {}) => ({ 'tus-resumable': '1.0.0', ...headers });
const metadata = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

const begin = (bytes: number, values: Readonly<Record<string, string>> = {}, bearer?: string) =>
  world.call('POST', '/api/v1/uploads', {
    headers: tus({
      'upload-length': String(bytes),
      ...(Object.keys(values).length === 0 ? {} : { 'upload-metadata': metadata(values) }),
    }),
    ...(bearer === undefined ? {} : { bearer }),
  });
const send = (location: string, offset: number, body: Uint8Array) =>
  world.call('PATCH', location, {
    headers: tus({ 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' }),
    body,
  });
const offsetOf = async (location: string): Promise<number> =>
  Number((await world.call('HEAD', location, { headers: tus() })).headers.get('upload-offset'));
const view = async (location: string): Promise<UploadView> => (await world.call('GET', location)).json<UploadView>();

async function begun(bytes: number, values: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await begin(bytes, values);
  expect(answer.status).toBe(201);
  return answer.headers.get('location') ?? '';
}

test('a content arrives in pieces and is stored under its hash, which a commit names', async () => {
  const content = randomBytes(300_000);
  const location = await begun(content.length, { path: 'train/a.csv' });
  expect((await send(location, 0, content.subarray(0, 100_000))).headers.get('upload-offset')).toBe('100000');
  expect(await offsetOf(location)).toBe(100_000);
  expect(await view(location)).toMatchObject({ path: 'train/a.csv', bytes: 300_000, received: 100_000, state: 'open' });
  const wrong = await send(location, 50_000, content.subarray(50_000));
  expect([wrong.status, wrong.json<Problem>().type]).toEqual([409, 'urn:artenic:error:offset-mismatch']);
  expect((await send(location, 100_000, content.subarray(100_000))).status).toBe(204);
  const stored = await view(location);
  expect(stored).toMatchObject({ state: 'stored', sha256: sha(content), received: 300_000 });
  expect(await world.deps.storage.list('uploads/')).toEqual([]);
  await world.call('POST', '/api/v1/datasets', { body: { name: 'by-tus' } });
  const put = [{ path: 'train/a.csv', sha256: stored.sha256, bytes: stored.bytes }];
  expect((await world.call('POST', '/api/v1/datasets/by-tus/versions', { body: { put } })).status).toBe(201);
  const file = await fetch(`${world.url}/api/v1/datasets/by-tus/files/train/a.csv`, {
    headers: { authorization: `Bearer ${world.key}` },
  });
  expect(sha(new Uint8Array(await file.arrayBuffer()))).toBe(sha(content));
});

test("tus's own client goes on where a broken connection has left off, and another project sees nothing", async () => {
  const content = randomBytes(40_000_000);
  let breaks = 0;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const upload = new Upload(content, {
    endpoint: `${world.url}/api/v1/uploads`,
    retryDelays: [0, 0, 0],
    metadata: { path: 'large.bin', sha256: sha(content) },
    headers: { authorization: `Bearer ${world.key}` },
    onProgress: (sent) => {
      if (sent < 25_000_000 || breaks > 0) return;
      breaks++;
      upload.abort().then(() => upload.start(), reject);
    },
    onSuccess: () => resolve(),
    onError: reject,
  });
  upload.start();
  await ended;
  const location = new URL(upload.url ?? '').pathname;
  expect(breaks).toBe(1);
  expect(await view(location)).toMatchObject({ state: 'stored', sha256: sha(content) });
  const bearer = await addKey(world.store, 'tus-stranger', 'elsewhere');
  expect((await world.call('GET', location, { bearer })).status).toBe(404);
  expect((await world.call('HEAD', location, { bearer, headers: tus() })).status).toBe(404);
}, 60_000);

describe('refusals leave nothing behind', () => {
  test('sizes, names and types name their limit', async () => {
    const rows: readonly [number, Readonly<Record<string, string>>, number, string][] = [
      [200_000_000, { path: 'a.csv' }, 413, '100000000 bytes'],
      [10, { path: 'a.exe' }, 415, 'csv, bin'],
      [10, { path: 'aux.csv' }, 422, 'Windows'],
      [10, { path: '../a.csv' }, 422, '".."'],
      [10, { sha256: 'x' }, 422, '64 lower-case'],
      [10, { path: 'a.csv', note: 'x'.repeat(5000) }, 422, '4096 bytes'],
    ];
    for (const [bytes, values, status, text] of rows) {
      const refused = await begin(bytes, values);
      expect([values, refused.status, refused.json<Problem>().detail]).toEqual([
        values,
        status,
        expect.stringContaining(text),
      ]);
    }
    const lost = await world.call('POST', '/api/v1/uploads', { headers: { 'upload-length': '1' } });
    expect(lost.status).toBe(400);
    await world.call('POST', '/api/v1/datasets', { body: { name: 'rules' } });
    const put = [{ path: 'a.exe', sha256: sha(new Uint8Array()), bytes: 0 }];
    expect((await world.call('POST', '/api/v1/datasets/rules/versions', { body: { put } })).status).toBe(415);
  });

  test('content with another hash than announced, and an upload that is given up', async () => {
    const content = randomBytes(1000);
    const wrong = await begun(1000, { sha256: sha(randomBytes(4)) });
    const refused = await send(wrong, 0, content);
    expect([refused.status, refused.json<Problem>().detail]).toEqual([422, expect.stringContaining(sha(content))]);
    expect((await world.call('GET', wrong)).status).toBe(404);
    const half = await begun(1000);
    await send(half, 0, content.subarray(0, 500));
    expect((await world.call('DELETE', half, { headers: tus() })).status).toBe(204);
    expect((await send(half, 500, content.subarray(500))).status).toBe(404);
    const left = await begun(1000);
    await send(left, 0, content.subarray(0, 500));
    const collect = async (hours: number): Promise<void> => {
      const now = (): Date => new Date(Date.now() + hours * 3_600_000);
      await collectGarbage({ ...world.deps, store: world.store, now }, { isDryRun: false, limit: 100 });
    };
    await collect(2);
    expect(await view(left)).toMatchObject({ received: 500 });
    expect(await world.deps.storage.list('uploads/')).toHaveLength(1);
    await collect(8 * 24);
    await collect(8 * 24 + 2);
    expect(await world.deps.storage.list('uploads/')).toEqual([]);
    expect((await world.call('GET', left)).status).toBe(404);
  });

  test('an empty content is stored at once', async () => {
    expect(await view(await begun(0, { path: 'empty.csv' }))).toMatchObject({
      ...{ state: 'stored', sha256: sha(new Uint8Array()), bytes: 0 },
    });
  });
});

describe('one file in one request', () => {
  type Stored = { readonly path: string; readonly sha256: string; readonly bytes: number; readonly version: number };
  const into = '/api/v1/datasets/by-request/files';
  const boundary = 'the-boundary';
  const field = (name: string, value: string) =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const form = (name: string, content: Uint8Array, fields: Uint8Array = Buffer.alloc(0)) => ({
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      fields,
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
      content,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  });
  const headOf = async () =>
    (await world.call('GET', '/api/v1/datasets/by-request')).json<{ version: number | null }>().version;

  beforeAll(async () => {
    expect((await world.call('POST', '/api/v1/datasets', { body: { name: 'by-request' } })).status).toBe(201);
  });

  test('becomes a version, from a form or as the body', async () => {
    const [one, two] = [randomBytes(200_000), Buffer.from('a,b\r\n1,2\r\n')];
    const first = await world.call('POST', into, form('one.bin', one));
    expect([first.status, first.json<Stored>()]).toEqual([
      201,
      { path: 'one.bin', sha256: sha(one), bytes: one.length, version: 1 },
    ]);
    const inFolder = await world.call('POST', into, form('two.csv', two, field('path', 'train/two.csv')));
    expect(inFolder.json<Stored>()).toMatchObject({ path: 'train/two.csv', version: 2 });
    const asBody = await world.call('POST', `${into}?path=three.csv&message=third`, {
      body: two,
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(asBody.json<Stored>()).toMatchObject({ path: 'three.csv', sha256: sha(two), version: 3 });
    const read = await world.call('GET', `${into}/train/two.csv`);
    expect(read.text).toBe(two.toString());
  });

  test('what is refused leaves no version', async () => {
    const before = await headOf();
    const some = Buffer.from('x');
    const refused = async (sent: Parameters<ApiWorld['call']>[2], query = '') => {
      const answer = await world.call('POST', `${into}${query}`, sent);
      return [answer.status, answer.json<Problem>().detail ?? ''] as const;
    };
    expect(await refused(form('big.bin', randomBytes(300_001)))).toEqual([413, expect.stringContaining('300000')]);
    expect(await refused(form('a.exe', some))).toEqual([415, expect.stringContaining('csv')]);
    expect((await refused(form('../a.csv', some)))[0]).toBe(422);
    expect((await refused(form('', some)))[0]).toBe(400);
    const octets = { body: some, headers: { 'content-type': 'application/octet-stream' } };
    expect(await refused(octets)).toEqual([422, expect.stringContaining('path')]);
    const broken = form('a.csv', some);
    for (let cut = 3; cut < 40; cut += 3)
      expect((await refused({ ...broken, body: broken.body.subarray(0, -cut) }))[0]).toBe(400);
    // Refused by its name before its end is seen to be missing.
    const refusedEarly = form('a.exe', randomBytes(250_000));
    expect((await refused({ ...refusedEarly, body: refusedEarly.body.subarray(0, -30) }))[0]).toBe(415);
    expect((await refused({ ...broken, body: field('note', 'no file') }))[0]).toBe(400);
    expect((await refused({ body: some, headers: { 'content-type': 'multipart/form-data' } }))[0]).toBe(400);
    expect(await headOf()).toBe(before);
  });
});
