import { afterAll, beforeAll } from '@jest/globals';
import type { S3Credentials } from '../../../../activities/storage/s3/client.ts';
import { createS3Storage } from '../../../../activities/storage/s3/storage.ts';
import { describeObjectSigningConformance } from '../../../conformance/object-signing.ts';
import { describeObjectStorageConformance } from '../../../conformance/object-storage.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../../../support/versitygw.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
}, s3ServerTimeoutMs);
afterAll(() => server.stop());

const open = (prefix: string, credentials: S3Credentials = server.credentials) =>
  createS3Storage({ ...server, credentials, prefix, region: 'us-east-1', pathStyle: true });
const close = async () => undefined;

// Two parts of 6 MiB in flight, each joined from its chunks.
describeObjectStorageConformance('S3', async () => ({ storage: open('conformance/'), close }), 45_000_000);

describeObjectSigningConformance('S3', async () => {
  const storage = open('signing/');
  const stranger = open('signing/', { ...server.credentials, secretAccessKey: 'not-the-right-one' });
  return { storage, signing: storage, stranger, close };
});
