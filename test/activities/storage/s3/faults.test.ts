import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { toS3Error } from '../../../../activities/storage/s3/errors.ts';
import { createS3Storage } from '../../../../activities/storage/s3/storage.ts';
import { ArtenicError, errorTable } from '../../../../core/errors.ts';
import type { ObjectStorage } from '../../../../core/object-storage.ts';
import { freePort } from '../../../../workers/up/ports.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../../../support/versitygw.ts';

/** Fate of a request: passed on, its answer lost, or answered with an error. */
type Fate = 'pass' | 'lose-answer' | { readonly status: number; readonly code: string };

let server: S3Server;
let proxy: Server;
let storage: ObjectStorage;
let fateOf: (asked: IncomingMessage, number: number) => Fate = () => 'pass';
let asked = 0;

beforeAll(async () => {
  server = await startS3Server();
  proxy = createServer((incoming, outgoing) => {
    const fate = fateOf(incoming, ++asked);
    if (typeof fate === 'object') {
      incoming.resume().once('end', () => {
        outgoing.writeHead(fate.status, { 'content-type': 'application/xml' });
        outgoing.end(`<?xml version="1.0"?><Error><Code>${fate.code}</Code><Message>so it is</Message></Error>`);
      });
      return;
    }
    const { pathname, search } = new URL(incoming.url ?? '', server.endpoint);
    const forwarded = request(
      `${server.endpoint}${pathname}${search}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (fate === 'lose-answer') {
          answer.resume().once('end', () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  storage = open(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}, s3ServerTimeoutMs);
beforeEach(() => {
  asked = 0;
});
afterEach(() => {
  fateOf = () => 'pass';
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await server.stop();
});

function open(endpoint: string, change: Partial<Parameters<typeof createS3Storage>[0]> = {}) {
  const { bucket, credentials } = server;
  return createS3Storage({
    ...{ bucket, credentials, endpoint, prefix: 'faults/', region: 'us-east-1', pathStyle: true },
    ...change,
  });
}
async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(1_000_000).fill(index);
}
async function uploadsLeft(): Promise<number> {
  const { endpoint, credentials, bucket } = server;
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  client.destroy();
  return Uploads.length;
}

test('a put whose first answer was lost is the one that counts, also where it must be the first', async () => {
  fateOf = ({ method }, number) => (method === 'PUT' && number === 1 ? 'lose-answer' : 'pass');
  await expect(storage.put('lost/answer', Buffer.from('mine'), { ifAbsent: true })).resolves.toMatchObject({
    bytes: 4,
  });
  expect(asked).toBeGreaterThan(1);
  const second = storage.put('lost/answer', Buffer.from('other'), { ifAbsent: true });
  await expect(second).rejects.toMatchObject({ type: 'conflict' });
});

test('parts that were put together before the answer was lost are an object', async () => {
  let isLost = false;
  fateOf = ({ method, url }) => {
    if (isLost || method !== 'POST' || url?.includes('uploadId') !== true) return 'pass';
    isLost = true;
    return 'lose-answer';
  };
  await expect(storage.put('lost/parts', chunks(9))).resolves.toMatchObject({ bytes: 9_000_000 });
  expect([isLost, (await storage.head('lost/parts'))?.bytes]).toEqual([true, 9_000_000]);
});

test('when every answer is lost the outcome is unknown, and a read just fails', async () => {
  await storage.put('lost/read', Buffer.from('x'));
  fateOf = () => 'lose-answer';
  await expect(storage.put('lost/always', Buffer.from('x'))).rejects.toMatchObject({ type: 'unknown-outcome' });
  await expect(storage.delete('lost/always')).rejects.toMatchObject({ type: 'unknown-outcome' });
  await expect(storage.get('lost/read')).rejects.toMatchObject({ type: 'unavailable' });
});

test('a server that is away is `unavailable`', async () => {
  const away = open(`http://127.0.0.1:${await freePort()}`);
  for (const work of [() => away.get('a'), () => away.list(''), () => away.head('a')])
    await expect(work()).rejects.toMatchObject({ type: 'unavailable' });
  // jest hides the system's errors from the SDK, so this is the error that the SDK gets outside of tests.
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  expect(toS3Error(refused, 'a', 'writes')).toMatchObject({ type: 'unavailable' });
});

test('what a person must put right is `unavailable` and says what it is', async () => {
  const { endpoint, credentials } = server;
  const wrongSecret = open(endpoint, { credentials: { ...credentials, secretAccessKey: 'wrong' } });
  await expect(wrongSecret.put('a', Buffer.from('x'))).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining('SignatureDoesNotMatch'),
  });
  await expect(open(endpoint, { bucket: 'not-there' }).list('')).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringContaining('NoSuchBucket'),
  });
});

test.each([
  [503, 'SlowDown', 'rate-limited'],
  [503, 'ServiceUnavailable', 'unavailable'],
  [500, 'InternalError', 'unavailable'],
  [400, 'ExpiredToken', 'unavailable'],
  [403, 'SomethingNew', 'unavailable'],
  [400, 'SomethingNew', 'invalid-request'],
  [400, 'BadDigest', 'validation-failed'],
  [507, 'SomethingNew', 'unavailable'],
])('%d %s is `%s`', async (status, code, type) => {
  fateOf = () => ({ status, code });
  await expect(storage.put('told', Buffer.from('x'))).rejects.toMatchObject({ type });
});

test('a stream that breaks leaves no parts behind', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* chunks(15);
    throw new Error('broke');
  }
  await expect(storage.put('broken', broken())).rejects.toThrow('broke');
  expect(await uploadsLeft()).toBe(0);
});

test('an answer that is cut off is a fault of the storage', async () => {
  // More than the socket buffers hold.
  await storage.put('cut', new Uint8Array(50_000_000));
  const parts = await storage.get('cut');
  const read = async (): Promise<void> => {
    for await (const part of parts) {
      expect(part.length).toBeGreaterThan(0);
      proxy.closeAllConnections();
    }
  };
  await expect(read()).rejects.toMatchObject({ type: 'unavailable' });
});

test('every fault is one of the closed list, and ours stay as they are', () => {
  for (const status of [undefined, 200, 301, 400, 403, 404, 409, 412, 413, 429, 500, 503])
    for (const name of ['Unheard', 'NoSuchKey', 'TimeoutError', 'ECONNRESET'])
      for (const effect of ['reads', 'writes'] as const) {
        const fault = Object.assign(new Error('it happened'), { name, $metadata: { httpStatusCode: status } });
        const { type } = toS3Error(fault, 'key', effect) as ArtenicError;
        expect(errorTable[type]).toBeDefined();
      }
  const bug = new TypeError('ours');
  expect(toS3Error(bug, 'key', 'writes')).toBe(bug);
  const own = new ArtenicError('conflict', 'ours');
  expect(toS3Error(own, 'key', 'writes')).toBe(own);
});
