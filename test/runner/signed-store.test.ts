import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  bootstrapSchema,
  checkpointManifestSchema,
  completionMarkerSchema,
  objectKeys,
  type CheckpointManifest,
  type CompletionMarker,
} from '@artenic/core';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import type { ObjectSigning, ObjectStorage } from '../../core/object-storage.ts';
import { poll } from '../support/poll.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../support/versitygw.ts';
import { World, type Attempt, type AttemptOptions } from './world.ts';

const world = new World();
let server: S3Server;
let objects: ObjectStorage & ObjectSigning;
beforeAll(async () => {
  server = await startS3Server();
  objects = createS3Storage({ ...server, prefix: 'runner/', region: 'us-east-1', pathStyle: true });
  // The storage loads its modules on first use.
  await objects.head('any');
}, s3ServerTimeoutMs);
afterAll(async () => {
  await world.destroy();
  await server.stop();
});

/** An attempt on a machine that shares no folder with the platform. */
const remote = (options: AttemptOptions): AttemptOptions => ({
  ...options,
  bootstrap: { storage: { kind: 'signed' }, ...options.bootstrap },
  prepare: (api) => {
    api.objects = objects;
    options.prepare?.(api);
  },
});

async function put(keyOf: (sha256: string) => string, text: string): Promise<string> {
  const sha256 = createHash('sha256').update(text).digest('hex');
  await objects.put(keyOf(sha256), Buffer.from(text));
  return sha256;
}
async function markerOf({ bootstrap: { jobId, attempt } }: Attempt): Promise<CompletionMarker | null> {
  const key = objectKeys.completion(jobId, attempt);
  if ((await objects.head(key)) === null) return null;
  return completionMarkerSchema.parse(JSON.parse(Buffer.from(await objects.read(key, 100_000)).toString()));
}
async function manifestsOf(jobId: string): Promise<CheckpointManifest[]> {
  const keys = await objects.list(objectKeys.checkpointPrefix(jobId));
  const manifests = keys.filter((key) => key.endsWith('manifest.json')).map((key) => objects.read(key, 100_000));
  return (await Promise.all(manifests)).map((bytes) =>
    checkpointManifestSchema.parse(JSON.parse(Buffer.from(bytes).toString())),
  );
}
/** Waits until the runner holds the signed requests that it needs without the API. */
const isPrepared = ({ api }: Attempt) =>
  poll('signed requests ahead', 15_000, () => (api.ahead.length >= 49 ? true : null));

test.concurrent('an attempt without a shared folder: data, checkpoints, outputs, last word; the next one goes on', async () => {
  const data = await put(objectKeys.data, 'a,b\n1,2\n');
  const first = await world.run(
    remote({
      job: {
        data: [{ name: 'data.csv', sha256: data }],
        command: `cd "$ARTENIC_CHECKPOINT_DIR"; mkdir .new; echo one > .new/weights; : > .new/empty; mv .new step-1; sleep 0.7
          cat "$ARTENIC_DATA_DIR/data.csv"; mkdir "$ARTENIC_OUTPUT_DIR/deep"; echo model > "$ARTENIC_OUTPUT_DIR/deep/model"
          echo odd > "$ARTENIC_OUTPUT_DIR/$(printf 'r\\351 %%+?.txt')"; ln -s deep "$ARTENIC_OUTPUT_DIR/latest"`,
      },
    }),
  );
  const { jobId } = first.bootstrap;
  expect(first.api.text('logs/training')).toContain('a,b\n1,2\n');
  const marker = await markerOf(first);
  expect(marker).toMatchObject({ reason: 'exited', exitCode: 0, outputs: [{ path: 'deep/model', bytes: 6 }, {}] });
  // File names are bytes, and keys are text.
  const [, odd] = marker?.outputs ?? [];
  expect(odd?.path).toBe('r%E9%20%25+?.txt');
  expect(Buffer.from(await objects.read(odd?.key ?? '', 10)).toString()).toBe('odd\n');
  expect(marker?.notKept).toEqual({ count: 1, files: [{ path: 'latest', reason: 'it is a link' }] });
  expect(marker?.outputs[0]?.key).toBe(objectKeys.output(jobId, 1, 'deep/model'));
  expect(await objects.list(objectKeys.allSpares(jobId))).toEqual([]);
  const checkpoints = await manifestsOf(jobId);
  expect(checkpoints).toMatchObject([{ name: 'step-1', files: [{ path: 'empty', bytes: 0 }, { path: 'weights' }] }]);
  const command = 'cat "$ARTENIC_CHECKPOINT_DIR"/step-1/weights';
  const second = await world.run(remote({ jobId, attempt: 2, checkpoints, job: { command } }));
  expect(second.api.text('logs/training')).toBe('[artenic] resuming from checkpoint step-1\none\n');
  expect(existsSync(world.objects)).toBe(false);
});

test.concurrent('the API dies while it trains: checkpoint, outputs and last word are in storage all the same', async () => {
  const attempt = await world.start(
    remote({
      job: {
        command: `cd "$ARTENIC_CHECKPOINT_DIR"; while [ ! -e ../api-is-away ]; do sleep 0.05; done
          echo 1 > step-1; echo result > "$ARTENIC_OUTPUT_DIR/result"`,
      },
    }),
  );
  await isPrepared(attempt);
  await attempt.api.down();
  await world.mark(attempt, 'api-is-away');
  const marker = await poll('the last word', 40_000, () => markerOf(attempt));
  expect(marker).toMatchObject({ exitCode: 0, outputs: [{ path: 'result', bytes: 7 }] });
  const { jobId } = attempt.bootstrap;
  const key = marker.outputs[0]?.key ?? '';
  expect(key).toMatch(new RegExp(`^${objectKeys.spares(jobId, 1)}`));
  expect(Buffer.from(await objects.read(key, 100)).toString()).toBe('result\n');
  const [manifest] = await manifestsOf(jobId);
  expect(manifest?.files[0]?.key).toMatch(new RegExp(`^${objectKeys.spares(jobId, 1)}`));
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.checkpoints).toMatchObject([{ name: 'step-1' }]);
  expect(attempt.api.events.at(-1)).toMatchObject({ kind: 'exited', exitCode: 0 });
});

test.concurrent('a runner that is fenced off ends without a word', async () => {
  const attempt = await world.start(remote({ job: { command: 'sleep 60' } }));
  await isPrepared(attempt);
  attempt.api.fencedPaths = ['*'];
  expect(await attempt.end()).toBe(0);
  expect(await markerOf(attempt)).toBeNull();
});

test.concurrent('who ends the attempt as soon as its last word can be read gets the rest of its log', async () => {
  const isRead = Promise.withResolvers<null>();
  let wasHeld = false;
  const gate = createServer((incoming, outgoing) => {
    const { pathname, search } = new URL(incoming.url ?? '', server.endpoint);
    const headers = { ...incoming.headers, host: new URL(server.endpoint).host };
    const forwarded = request(`${server.endpoint}${pathname}${search}`, { method: 'PUT', headers }, (answer) => {
      wasHeld = true;
      void isRead.promise.then(() => answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers)));
    });
    incoming.pipe(forwarded);
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const { port } = gate.address() as AddressInfo;
  const throughGate: ObjectSigning['signPut'] = async (key, options) => {
    const signed = await objects.signPut(key, options);
    if (!key.endsWith('/completion.json')) return signed;
    return { ...signed, url: signed.url.replace(new URL(server.endpoint).host, `127.0.0.1:${port}`) };
  };
  const attempt = await world.start({
    job: { command: 'echo first; while [ ! -e ../go ]; do sleep 0.05; done; echo last' },
    bootstrap: { storage: { kind: 'signed' } },
    prepare: (api) => {
      api.objects = { ...objects, signPut: throughGate };
    },
  });
  await attempt.logged('first\n');
  await isPrepared(attempt);
  const { api } = attempt;
  await api.down();
  await world.mark(attempt, 'go');
  await poll('the last word', 20_000, () => markerOf(attempt));
  api.fencedPaths = ['heartbeat', 'events'];
  api.busyPaths = ['logs'];
  await api.up();
  const heard = (): number => api.calls.filter((path) => path === 'heartbeat').length;
  const before = heard();
  await poll('a heartbeat that is refused', 10_000, () => (heard() > before ? true : null));
  isRead.resolve(null);
  api.busyPaths = [];
  expect(await attempt.end()).toBe(0);
  expect(wasHeld).toBe(true);
  expect(api.text('logs/training')).toBe('first\nlast\n');
  gate.close();
  gate.closeAllConnections();
});

test.concurrent('a checkpoint that was changed in storage is passed over', async () => {
  const command = `cd "$ARTENIC_CHECKPOINT_DIR"; for n in 1 2; do echo $n > step-$n; while [ ! -e ../uploaded-$n ]; do sleep 0.02; done; done`;
  const first = await world.start(remote({ job: { command } }));
  for (const n of [1, 2]) {
    await poll(`checkpoint ${n}`, 15_000, () => (first.api.checkpoints.length >= n ? true : null));
    await world.mark(first, `uploaded-${n}`);
  }
  await first.end();
  const { jobId } = first.bootstrap;
  const checkpoints = await manifestsOf(jobId);
  await objects.put(checkpoints[1]?.files[0]?.key ?? '', Buffer.from('X\n'));
  const second = await world.run(remote({ jobId, attempt: 2, checkpoints, job: { command: 'true' } }));
  expect(second.api.text('logs/training')).toMatch(
    /step-2 of attempt 1 is not whole .*resuming from checkpoint step-1/s,
  );
});

test.concurrent('old checkpoints are given up through the API', async () => {
  const command = `cd "$ARTENIC_CHECKPOINT_DIR"; for n in 1 2 3 4 5; do echo $n > step-$n; sleep 0.5; done`;
  const attempt = await world.run(remote({ job: { command } }));
  const sequences = attempt.api.checkpoints.map(({ sequence }) => sequence);
  expect(attempt.api.removed).toEqual(sequences.slice(0, -3));
  expect(sequences.length).toBeGreaterThan(3);
});

test.concurrent('a machine that knows only its token asks for the rest', async () => {
  const attempt = await world.run(
    remote({
      job: { command: 'echo there' },
      file: ({ apiUrl, attemptId, bootstrapToken, workDir, cacheDir }) => ({
        ...{ apiUrl, attemptId, bootstrapToken, workDir, cacheDir },
      }),
      jobId: 'job-of-a-seed',
      prepare: (api) => {
        api.bootstrap = { jobId: 'job-of-a-seed', attempt: 1, heartbeatIntervalMs: 100, shipIntervalMs: 50 };
      },
    }),
  );
  expect(attempt.api.calls.slice(0, 2)).toEqual(['bootstrap', 'hello']);
  expect(await markerOf(attempt)).toMatchObject({ exitCode: 0 });
  const left = bootstrapSchema.extend({ bootstrapToken: bootstrapSchema.shape.attemptId });
  expect(left.parse(JSON.parse(readFileSync(attempt.file, 'utf8')))).toMatchObject({
    storage: { kind: 'signed' },
    bootstrapToken: 'used',
    workDir: join(attempt.folder),
  });
});

test.concurrent('what a killed runner had not uploaded is delivered by its successor on the machine', async () => {
  const attempt = await world.start(
    remote({
      job: { command: 'cd "$ARTENIC_CHECKPOINT_DIR"; echo 1 > step-1; sleep 0.5; echo 2 > .late; sleep 60' },
    }),
  );
  await poll('a checkpoint', 15_000, () => (attempt.api.checkpoints.length > 0 ? true : null));
  await attempt.crash();
  await world.mark(attempt, 'checkpoints/step-2');
  expect(await attempt.drain().exitCode).toBe(0);
  expect((await manifestsOf(attempt.bootstrap.jobId)).map(({ name }) => name)).toEqual(['step-1', 'step-2']);
});
