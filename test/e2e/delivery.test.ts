import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completionMarkerSchema, objectKeys, type JobView } from '@artenic/core';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { attemptsOf, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { startSlowProxy, type SlowProxy } from '../support/slow-proxy.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../support/versitygw.ts';

/** At the slow line's pace this takes twice as long as the job's graces and the workflow's extra time together. */
const outputBytes = 24_000_000;
const slowBytesPerSecond = 1_000_000;

let server: S3Server;
let line: SlowProxy;
let stack: Stack;
let storage: ObjectStorage;
beforeAll(async () => {
  server = await startS3Server();
  line = await startSlowProxy(server.endpoint);
  const { bucket, credentials } = server;
  storage = createS3Storage({ ...server, prefix: 'artenic/', region: 'us-east-1', pathStyle: true });
  stack = createStack({
    ARTENIC_STORAGE_URL: `s3://${bucket}/artenic?endpoint=${encodeURIComponent(line.url)}&path-style=true`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  await stack.start();
}, s3ServerTimeoutMs);
afterAll(async () => {
  await stack.destroy();
  await line.close();
  await server.stop();
}, 60_000);

test('a cancelled training whose storage is slow loses nothing of what it left', async () => {
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', {
    service: 'large',
    stopGraceSeconds: 1,
    command: `head -c ${outputBytes} /dev/urandom > "$ARTENIC_OUTPUT_DIR/weights"
      while [ ! -e "$ARTENIC_STOP_FILE" ]; do sleep 0.1; done`,
  });
  await poll('the training', 60_000, async () => ((await attemptsOf(stack, id))[0]?.state === 'running' ? true : null));
  line.bytesPerSecond = slowBytesPerSecond;
  const askedMs = Date.now();
  await stack.request('POST', `/api/v1/jobs/${id}/cancel`);
  expect(await endOf(stack, id, 120_000)).toMatchObject({ state: 'cancelled' });
  // A shorter time would mean that the storage was not slow.
  expect(Date.now() - askedMs).toBeGreaterThan(2 * 1000 + 10_000);
  const marker = completionMarkerSchema.parse(
    JSON.parse(Buffer.from(await storage.read(objectKeys.completion(id, 1), 100_000)).toString()),
  );
  expect(marker).toMatchObject({ reason: 'stop-requested', outputs: [{ path: 'weights', bytes: outputBytes }] });
  expect(await storage.head(objectKeys.output(id, 1, 'weights'))).toMatchObject({ bytes: outputBytes });
}, 240_000);
