import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { usualStorageLimits } from '../../../../activities/storage/limited.ts';
import { createGcsStorage } from '../../../../activities/storage/gcs/storage.ts';
import { describeStorageFaults, type FaultySides } from '../../../conformance/storage-faults.ts';
import {
  gcsServerTimeoutMs,
  startFakeGcsServer,
  startGcpStorageEmulator,
  type GcsServer,
} from '../../../support/gcs-servers.ts';

const sides: FaultySides = {
  isWrite: ({ url }) => url?.includes('uploadType=multipart') === true,
  steps: [],
  hasConditions: true,
  refusal: (status, reason) => ({
    status,
    type: 'application/json',
    body: JSON.stringify({ error: { code: status, message: 'so it is', errors: [{ reason }] } }),
  }),
  refusals: [
    [429, 'rateLimitExceeded', 'rate-limited'],
    [403, 'userRateLimitExceeded', 'rate-limited'],
    [503, 'backendError', 'unavailable'],
    [401, 'authError', 'unavailable'],
    [403, 'forbidden', 'unavailable'],
    [400, 'invalid', 'invalid-request'],
    [413, 'uploadTooLarge', 'payload-too-large'],
  ],
};

const rangeEnds = (range: string | undefined): boolean => range !== undefined && !range.includes('*');

const worldOf = async (start: () => Promise<GcsServer>) => {
  const server = await start();
  return {
    ...server,
    open: (endpoint: string, limits = usualStorageLimits) =>
      createGcsStorage({ bucket: server.bucket, endpoint, prefix: 'faults/' }, limits),
  };
};

// It has conditions, and answers the question for an upload's state wrongly.
describeStorageFaults('GCS, fake-gcs-server', () => worldOf(startFakeGcsServer), sides, gcsServerTimeoutMs);

// It continues uploads, and has no conditions.
describeStorageFaults(
  'GCS, gcp-storage-emulator',
  () => worldOf(startGcpStorageEmulator),
  {
    ...sides,
    hasConditions: false,
    steps: [
      ['first block', ({ headers }) => headers['content-range']?.startsWith('bytes 0-') === true],
      ['last block', ({ headers }) => rangeEnds(headers['content-range'])],
    ],
  },
  gcsServerTimeoutMs,
);

test('a bucket that does not exist is `unavailable`', async () => {
  const server = createServer((_, answer) => {
    const error = { code: 404, message: 'The specified bucket does not exist.', errors: [{ reason: 'notFound' }] };
    answer.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const storage = createGcsStorage({ bucket: 'absent', endpoint, prefix: '' });
  for (const work of [
    () => storage.head('a'),
    () => storage.get('a'),
    () => storage.list(''),
    () => storage.delete('a'),
  ])
    await expect(work()).rejects.toMatchObject({ type: 'unavailable' });
  server.closeAllConnections();
  server.close();
});
