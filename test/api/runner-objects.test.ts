import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys, type CheckpointManifest, type ObjectRequest, type SignedObjectRequest } from '@artenic/core';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import { ApiWorld, errorOf, keyPepper, type Runner } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const signAll = (runner: Pick<Runner, 'token'>, requests: readonly ObjectRequest[], use = 'now') =>
  world.ship(runner, 'objects/sign', { requests, use });
async function sign(runner: Runner, request: ObjectRequest): Promise<SignedObjectRequest> {
  const answer = await signAll(runner, [request]);
  expect([request.key, answer.status]).toEqual([request.key, 200]);
  return answer.json<{ requests: [SignedObjectRequest] }>().requests[0];
}
const put = (key: string): ObjectRequest => ({ kind: 'put', key });
const get = (key: string): ObjectRequest => ({ kind: 'get', key });

async function startRunner(): Promise<Runner> {
  return world.startRunner({
    package: { sha256: sha256Of('package') },
    data: [{ name: 'data.csv', sha256: sha256Of('data') }],
  });
}

test('an attempt reads its job’s package, data and checkpoints, and nothing else', async () => {
  const first = await startRunner();
  const second = await world.startAttempt(first.jobId, 2);
  const own = [
    objectKeys.package(sha256Of('package')),
    objectKeys.data(sha256Of('data')),
    objectKeys.checkpointManifest(first.jobId, 1, 3),
    `${objectKeys.checkpoint(first.jobId, 2, 1)}files/weights`,
    `${objectKeys.spares(first.jobId, 1)}${randomUUID()}`,
  ];
  for (const key of own) expect(await sign(second, get(key))).toMatchObject({ method: 'GET' });
  const foreign = [
    objectKeys.package(sha256Of('another')),
    objectKeys.data(sha256Of('package')),
    objectKeys.model(sha256Of('model')),
    objectKeys.checkpointManifest(randomUUID(), 1, 1),
    objectKeys.output(first.jobId, 1, 'secret'),
    objectKeys.history(first.jobId),
    `${objectKeys.checkpointPrefix(first.jobId)}../attempts/1/completion.json`,
    'jobs/',
  ];
  for (const key of foreign) {
    const answer = await signAll(second, [get(key)]);
    expect([key, [403, 422].includes(answer.status)]).toEqual([key, true]);
  }
});

test('an attempt writes its own checkpoints, outputs and last word, and nothing else', async () => {
  const runner = await startRunner();
  const { jobId } = runner;
  const own = [
    objectKeys.completion(jobId, 1),
    objectKeys.output(jobId, 1, 'deep/model.onnx'),
    objectKeys.checkpointManifest(jobId, 1, 1),
    `${objectKeys.checkpoint(jobId, 1, 1)}files/a`,
    `${objectKeys.spares(jobId, 1)}${randomUUID()}`,
  ];
  for (const key of own) expect(await sign(runner, put(key))).toMatchObject({ method: 'PUT' });
  const foreign = [
    objectKeys.completion(jobId, 2),
    objectKeys.completion(jobId, 11),
    objectKeys.completion(randomUUID(), 1),
    objectKeys.output(jobId, 2, 'model.onnx'),
    objectKeys.checkpointManifest(jobId, 2, 1),
    objectKeys.checkpointManifest(jobId, 11, 1),
    `${objectKeys.spares(jobId, 2)}x`,
    objectKeys.package(sha256Of('package')),
    objectKeys.data(sha256Of('data')),
    objectKeys.logChunk(jobId, 1, 'training', 0, 10),
    objectKeys.history(jobId),
    `${objectKeys.checkpoint(jobId, 1, 1)}../../attempts/2/completion.json`,
  ];
  for (const key of foreign) {
    const answer = await signAll(runner, [put(own[0] ?? ''), put(key)]);
    expect([key, [403, 422].includes(answer.status)]).toEqual([key, true]);
  }
});

test('what is signed works without any credential, and ahead it works for a day', async () => {
  const runner = await startRunner();
  const key = objectKeys.completion(runner.jobId, 1);
  const answer = await signAll(runner, [put(key)], 'ahead');
  const [{ url, method, expiresAt }] = answer.json<{ requests: [SignedObjectRequest] }>().requests;
  expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  const { status } = await fetch(url, { method, body: 'the last word' });
  expect(status).toBe(200);
  expect(Buffer.from(await world.deps.storage.read(key, 100)).toString()).toBe('the last word');
});

test('a zombie and an ended attempt get nothing signed', async () => {
  const old = await startRunner();
  const key = objectKeys.completion(old.jobId, 1);
  await world.startAttempt(old.jobId, 2);
  for (const [path, body] of [
    ['objects/sign', { requests: [put(key)], use: 'ahead' }],
    ['objects/uploads', { key, bytes: 1 }],
    ['objects/uploads/complete', { key, uploadId: 'x', parts: [{ etag: 'x', sha256: sha256Of('') }] }],
    ['objects/uploads/abort', { key, uploadId: 'x' }],
    ['objects/checkpoints', {}],
    ['objects/checkpoints/remove', { sequence: 1 }],
  ] as const) {
    const answer = await world.ship(old, path, body);
    expect([path, answer.status, errorOf(answer)]).toEqual([path, 409, 'fenced']);
  }
  const ended = await startRunner();
  await world.store.attempts.end(ended.attemptId, { kind: 'lost', exitCode: null, message: '' }, new Date());
  const answer = await signAll(ended, [put(objectKeys.completion(ended.jobId, 1))]);
  expect([answer.status, errorOf(answer)]).toEqual([409, 'fenced']);
});

test('storage that takes everything whole begins no parts', async () => {
  const runner = await startRunner();
  const key = objectKeys.output(runner.jobId, 1, 'large');
  const answer = await world.ship(runner, 'objects/uploads', { key, bytes: 1e12 });
  expect([answer.status, answer.json()]).toEqual([200, { upload: null }]);
  const foreign = objectKeys.output(runner.jobId, 2, 'large');
  expect((await world.ship(runner, 'objects/uploads', { key: foreign, bytes: 1 })).status).toBe(403);
});

test('a checkpoint is removed whole, with what of it lies among the spares', async () => {
  const runner = await startRunner();
  const { jobId } = runner;
  const { storage } = world.deps;
  const spare = `${objectKeys.spares(jobId, 1)}${randomUUID()}`;
  const foreign = `${objectKeys.spares(jobId, 2)}${randomUUID()}`;
  const manifestOf = (sequence: number, key: string): CheckpointManifest => ({
    ...{ jobId, attempt: 1, sequence, name: 'step-1', directory: true, createdAt: new Date().toISOString() },
    files: [{ path: 'a', key, bytes: 1, sha256: sha256Of('x') }],
  });
  const beside = `${objectKeys.checkpoint(jobId, 1, 1)}files/a`;
  const next = objectKeys.checkpointManifest(jobId, 1, 2);
  for (const key of [spare, foreign, beside, next]) await storage.put(key, Buffer.from('x'));
  await storage.put(objectKeys.checkpointManifest(jobId, 1, 1), Buffer.from(JSON.stringify(manifestOf(1, spare))));
  const keys = async () => (await world.ship(runner, 'objects/checkpoints', {})).json<{ keys: string[] }>().keys;
  expect(await keys()).toEqual([beside, objectKeys.checkpointManifest(jobId, 1, 1), next]);
  for (let time = 0; time < 2; time++)
    expect((await world.ship(runner, 'objects/checkpoints/remove', { sequence: 1 })).status).toBe(200);
  expect(await keys()).toEqual([next]);
  expect(await storage.list(objectKeys.allSpares(jobId))).toEqual([foreign]);
  // A manifest that names another attempt's object removes only itself.
  await storage.put(next, Buffer.from(JSON.stringify(manifestOf(2, foreign))));
  expect((await world.ship(runner, 'objects/checkpoints/remove', { sequence: 2 })).status).toBe(200);
  expect([await keys(), await storage.list(objectKeys.allSpares(jobId))]).toEqual([[], [foreign]]);
});

test('a rented machine learns the rest for its bootstrap token', async () => {
  const job = await world.addJob();
  const attemptId = await world.openAttempt(job.id);
  const ask = (bootstrapToken: string) =>
    world.call('POST', '/api/v1/runner/bootstrap', { bearer: null, body: { attemptId, bootstrapToken } });
  expect((await ask('x'.repeat(43))).status).toBe(401);
  const answer = await ask(bootstrapTokenOf(keyPepper, attemptId));
  expect([answer.status, answer.json()]).toEqual([
    200,
    { jobId: job.id, attempt: 1, heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
  ]);
  // The first try of the launch had a `traceparent`, which stays.
  const [first, second] = ['1', '2'].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`);
  for (const tried of [first, second])
    expect(await world.store.attempts.setTraceparent(attemptId, tried ?? '')).toBe(first);
  expect((await ask(bootstrapTokenOf(keyPepper, attemptId))).json()).toMatchObject({ traceparent: first });
  await world.openAttempt(job.id, 2);
  const late = await ask(bootstrapTokenOf(keyPepper, attemptId));
  expect([late.status, errorOf(late)]).toEqual([409, 'fenced']);
});

test('what was signed ahead is not taken any more when the attempt has ended or was fenced off', async () => {
  const keysOf = ({ jobId }: Runner): readonly string[] => [
    objectKeys.completion(jobId, 1),
    objectKeys.output(jobId, 1, 'model.onnx'),
    objectKeys.checkpointManifest(jobId, 1, 1),
    `${objectKeys.spares(jobId, 1)}${randomUUID()}`,
  ];
  const send = async ({ method, url }: SignedObjectRequest, body: string): Promise<number> =>
    (await fetch(url, { method, body })).status;
  const [ended, fenced] = [await startRunner(), await startRunner()];
  const signed = new Map<string, SignedObjectRequest>();
  for (const runner of [ended, fenced])
    for (const key of keysOf(runner)) {
      const request = await sign(runner, put(key));
      signed.set(key, request);
      expect(await send(request, 'its own')).toBe(200);
    }
  await world.store.attempts.end(ended.attemptId, { kind: 'succeeded', exitCode: 0, message: '' }, new Date());
  await world.startAttempt(fenced.jobId, 2);
  for (const [key, request] of signed) {
    expect([key, await send(request, 'replaced')]).toEqual([key, 403]);
    expect(Buffer.from(await world.deps.storage.read(key, 100)).toString()).toBe('its own');
  }
});
