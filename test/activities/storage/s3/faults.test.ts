import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { toS3Error } from '../../../../activities/storage/s3/errors.ts';
import { usualStorageLimits } from '../../../../activities/storage/limited.ts';
import { createS3Storage } from '../../../../activities/storage/s3/storage.ts';
import { ArtenicError, errorTable } from '../../../../core/errors.ts';
import { describeStorageFaults } from '../../../conformance/storage-faults.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../../../support/versitygw.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
}, s3ServerTimeoutMs);
afterAll(() => server.stop());

function open(
  endpoint: string,
  change: Partial<Parameters<typeof createS3Storage>[0]> = {},
  limits: Parameters<typeof createS3Storage>[1] = usualStorageLimits,
) {
  const { bucket, credentials } = server;
  const options = { bucket, credentials, endpoint, prefix: 'faults/', region: 'us-east-1', pathStyle: true };
  return createS3Storage({ ...options, ...change }, limits);
}

describeStorageFaults(
  'S3',
  async () => ({
    endpoint: server.endpoint,
    open: (endpoint, limits) => open(endpoint, {}, limits),
    stop: async () => undefined,
  }),
  {
    isWrite: ({ method }) => method === 'PUT',
    steps: [
      ['first part', ({ method, url }) => method === 'PUT' && url?.includes('partNumber=1') === true],
      ['completion', ({ method, url }) => method === 'POST' && url?.includes('uploadId') === true],
    ],
    hasConditions: true,
    refusal: (status, code) => ({
      status,
      type: 'application/xml',
      body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`,
    }),
    refusals: [
      [503, 'SlowDown', 'rate-limited'],
      [503, 'ServiceUnavailable', 'unavailable'],
      [500, 'InternalError', 'unavailable'],
      [400, 'ExpiredToken', 'unavailable'],
      [403, 'SomethingNew', 'unavailable'],
      [400, 'SomethingNew', 'invalid-request'],
      [400, 'BadDigest', 'validation-failed'],
      [507, 'SomethingNew', 'unavailable'],
    ],
  },
  s3ServerTimeoutMs,
);

test('a write that was never sent has changed nothing', () => {
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

test('a stream that breaks leaves no parts behind', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 15; index++) yield new Uint8Array(1_000_000);
    throw new Error('broke');
  }
  const { endpoint, credentials, bucket } = server;
  await expect(open(endpoint).put('broken', broken())).rejects.toThrow('broke');
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  const { Uploads = [] } = await client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: 'faults/broken' }),
  );
  client.destroy();
  expect(Uploads).toEqual([]);
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
