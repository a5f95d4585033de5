import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import type { ObjectSigning, ObjectStorage } from '../../core/object-storage.ts';
import { createRunnerApi, FencedError } from '../../runner/report/api-client.ts';
import type { RunnerStore } from '../../runner/storage/object-store.ts';
import { createRunnerStore } from '../../runner/storage/open-store.ts';
import { ApiWorld, type Runner } from '../api/harness.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../support/versitygw.ts';

const mebibyte = 1024 ** 2;
const folder = mkdtempSync(join(tmpdir(), 'artenic-parts-'));
let server: S3Server;
let objects: ObjectStorage & ObjectSigning;
let world: ApiWorld;
beforeAll(async () => {
  server = await startS3Server();
  objects = createS3Storage({ ...server, prefix: '', region: 'us-east-1', pathStyle: true });
  await objects.head('any');
  world = await ApiWorld.start({ storage: objects, signing: objects, ownUrls: null });
}, s3ServerTimeoutMs);
afterAll(async () => {
  await world.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

type Seen = { readonly store: RunnerStore; fenced: number; movedBytes: number };

function storeOf({ jobId, attempt, attemptId, token }: Runner): Seen {
  const bootstrap = {
    ...{ jobId, attempt, attemptId, apiUrl: world.url, bootstrapToken: 'x'.repeat(43), workDir: folder },
    ...{ cacheDir: folder, storage: { kind: 'signed' as const }, heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
  };
  const seen = {
    fenced: 0,
    movedBytes: 0,
    store: createRunnerStore({
      ...{ bootstrap, api: createRunnerApi(bootstrap, token), unwanted: new AbortController().signal },
      onePieceBytes: mebibyte,
      onFenced: () => void seen.fenced++,
      onMoved: (bytes) => void (seen.movedBytes += bytes),
    }),
  };
  return seen;
}

test('a file that is too large for one request arrives in parts, whole', async () => {
  const path = join(folder, 'large');
  const bytes = 66 * mebibyte + 12_345;
  const file = await open(path, 'w');
  await file.truncate(bytes);
  for (const offset of [0, 64 * mebibyte - 10, bytes - 50]) await file.write(randomBytes(50), 0, 50, offset);
  await file.close();
  const runner = await world.startRunner();
  const key = objectKeys.output(runner.jobId, 1, 'large');
  const seen = storeOf(runner);
  const stored = await seen.store.putFile(key, path, 'last');
  expect(stored).toMatchObject({ key, bytes });
  // Each byte is read once and sent once.
  expect(seen.movedBytes).toBe(2 * bytes);
  const hash = createHash('sha256');
  for await (const chunk of await objects.get(key)) hash.update(chunk);
  expect(hash.digest('hex')).toBe(stored.sha256);
}, 120_000);

test('the store of a fenced attempt stores nothing and says why', async () => {
  const runner = await world.startRunner();
  await world.startAttempt(runner.jobId, 2);
  const seen = storeOf(runner);
  const key = objectKeys.completion(runner.jobId, 1);
  await expect(seen.store.putText(key, '{}', 'last')).rejects.toThrow(FencedError);
  expect([seen.fenced, await objects.head(key)]).toEqual([1, null]);
});
