import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptMarkerVariable, objectKeys, type JobView, type ModelVersionView } from '@artenic/core';
import { createAzureStorage } from '../../activities/storage/azure/storage.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createGcsStorage } from '../../activities/storage/gcs/storage.ts';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { counterJob, penguinsJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { startAzurite } from '../support/azurite.ts';
import { gcsServerTimeoutMs, serviceAccount, startFakeGcsServer } from '../support/gcs-servers.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../support/versitygw.ts';
import { isTurn } from '../support/share.ts';

/** Requirements for every way in which runners reach objects: a model is made, and a killed runner's work continues. */
function describeTraining(world: () => { readonly stack: Stack; readonly storage: ObjectStorage }): void {
  test('package, data, outputs and the model go through it', async () => {
    const { stack, storage } = world();
    const job = await penguinsJob(stack, { epochs: 2 });
    const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', job);
    expect(await endOf(stack, id, 60_000)).toMatchObject({ state: 'succeeded' });
    const { sha256 } = await stack.request<ModelVersionView>('GET', '/api/v1/models/penguins/versions/1');
    expect(await storage.head(objectKeys.model(sha256 ?? ''))).not.toBeNull();
    const keys = await storage.list(objectKeys.attempts(id));
    expect(keys).toEqual(
      expect.arrayContaining([objectKeys.completion(id, 1), objectKeys.output(id, 1, 'model.onnx')]),
    );
    await poll('the history to be kept', 30_000, async () =>
      (await storage.head(objectKeys.history(id))) === null ? null : true,
    );
  }, 90_000);

  test('a killed runner’s job goes on from its checkpoint', async () => {
    const { stack } = world();
    const config = { total: 40, every: 1, delay: 0.1 };
    const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', counterJob(config));
    await poll('some checkpoints', 30_000, async () =>
      ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 2 ? true : null,
    );
    const killed = processesWith(`${attemptMarkerVariable}=${id}/attempt-1`);
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const job = await endOf(stack, id, 60_000);
    expect(await checkCounter(stack, job, config, true)).toEqual([]);
    expect((await attemptsOf(stack, id))[1]?.restoredFrom).toMatch(/^step-/);
  }, 90_000);
}

describe('S3, without a shared folder', () => {
  let server: S3Server;
  let stack: Stack;
  let storage: ObjectStorage;
  beforeAll(async () => {
    server = await startS3Server();
    const { endpoint, bucket, credentials } = server;
    storage = createS3Storage({ ...server, prefix: 'artenic/', region: 'us-east-1', pathStyle: true });
    stack = createStack({
      ARTENIC_STORAGE_URL: `s3://${bucket}/artenic?endpoint=${encodeURIComponent(endpoint)}&path-style=true`,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ARTENIC_HISTORY_MS: '500',
    });
    await stack.start();
  }, s3ServerTimeoutMs);
  afterAll(async () => {
    await stack.destroy();
    await server.stop();
  }, 60_000);

  describeTraining(() => ({ stack, storage }));

  if (isTurn('a job ends while API and worker are away', 3))
    test('a job that ends while API and worker are away is not run again', async () => {
      const config = { total: 30, every: 5, delay: 0.1 };
      const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', counterJob(config));
      await poll('a checkpoint', 30_000, async () =>
        ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 0 ? true : null,
      );
      await stack.killSupervisor();
      for (const name of ['api', 'worker'] as const) stack.kill(name);
      await poll('the last word', 40_000, async () =>
        (await storage.head(objectKeys.completion(id, 1))) === null ? null : true,
      );
      await stack.start();
      const job = await endOf(stack, id, 60_000);
      expect(await checkCounter(stack, job, config, false)).toEqual([]);
    }, 120_000);

  test('nothing of it lies on our own disk', () => {
    expect(readdirSync(join(stack.home, 'objects'))).toEqual([]);
    expect(readdirSync(join(server.folder, 'artenic')).toSorted()).toEqual(['data', 'jobs', 'models', 'packages']);
  });
});

/** A storage that machines read directly, while uploads with a known hash pass the API. */
type DirectWorld = {
  readonly environment: Readonly<Record<string, string>>;
  readonly storage: ObjectStorage;
  readonly stop: () => Promise<void>;
};

async function azureWorld(): Promise<DirectWorld> {
  const server = await startAzurite();
  const { account, container, endpoint } = server;
  return {
    environment: {
      ARTENIC_STORAGE_URL: `az://${account}/${container}/artenic?endpoint=${encodeURIComponent(endpoint)}`,
      AZURE_STORAGE_KEY: server.accountKey,
    },
    storage: createAzureStorage({ ...server, prefix: 'artenic/' }),
    stop: server.stop,
  };
}

async function googleWorld(): Promise<DirectWorld> {
  const server = await startFakeGcsServer();
  const { credentials } = serviceAccount();
  const folder = mkdtempSync(join(tmpdir(), 'artenic-gcs-key-'));
  const file = join(folder, 'key.json');
  writeFileSync(file, JSON.stringify({ type: 'service_account', ...credentials }));
  const query = `endpoint=${encodeURIComponent(server.endpoint)}&credentials=${encodeURIComponent(file)}`;
  return {
    environment: { ARTENIC_STORAGE_URL: `gs://${server.bucket}/artenic?${query}` },
    storage: createGcsStorage({ ...server, prefix: 'artenic/', credentials }),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

for (const [name, start] of [
  ['Azure Blob Storage', azureWorld],
  ['Google Cloud Storage', googleWorld],
] as const)
  if (isTurn(`jobs with ${name}`, 4))
    describe(name, () => {
      let world: DirectWorld;
      let stack: Stack;
      beforeAll(async () => {
        world = await start();
        stack = createStack({ ...world.environment, ARTENIC_HISTORY_MS: '500' });
        await stack.start();
      }, gcsServerTimeoutMs);
      afterAll(async () => {
        await stack.destroy();
        await world.stop();
      }, 60_000);

      describeTraining(() => ({ stack, storage: world.storage }));

      test('nothing of it lies on our own disk', () => {
        expect(readdirSync(join(stack.home, 'objects'))).toEqual([]);
      });
    });

if (isTurn('signed requests for the file system', 3))
  describe('the file system, served by signed requests of the API', () => {
    let stack: Stack;
    beforeAll(async () => {
      stack = createStack({ ARTENIC_RUNNER_STORAGE: 'signed', ARTENIC_HISTORY_MS: '500' });
      await stack.start();
    }, 120_000);
    afterAll(() => stack.destroy(), 60_000);

    describeTraining(() => ({ stack, storage: createFilesystemStorage({ root: join(stack.home, 'objects') }) }));
  });
