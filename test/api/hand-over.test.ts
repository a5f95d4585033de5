import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { objectKeys, type CheckpointManifest, type CompletionMarker, type HelloResponse } from '@artenic/core';
import { createCoarseEvents } from '../../api/live/coarse-events.ts';
import { holdFence, lockOpen } from '../../api/runners/fence.ts';
import { appendMetrics, createLogAppender } from '../../api/runners/streams.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { ApiWorld, errorOf, type Runner } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const newToken = () => randomBytes(32).toString('base64url');

/** An attempt whose machine got a notice, and the row of its replacement, opened in the same way as by the workflow. */
async function warned(deadlineInMs = 60_000): Promise<{ readonly old: Runner; readonly nextId: string }> {
  const old = await world.startRunner();
  const deadlineAt = new Date(Date.now() + deadlineInMs).toISOString();
  const notice = await world.ship(old, 'events', { kind: 'notice', id: 'n', deadlineAt });
  expect(notice.status).toBe(200);
  const nextId = attemptIdOf(old.jobId, 2);
  const offer = { provider: 'local', region: 'local', instanceType: 'local', spot: false, priceUsdMicrosPerHour: 0 };
  await world.store.attempts.open({
    ...{ id: nextId, jobId: old.jobId, attempt: 2, offer, reason: 'for the test', createdAt: new Date() },
  });
  return { old, nextId };
}

async function storeCheckpoint({ jobId }: Runner): Promise<CheckpointManifest> {
  const createdAt = new Date().toISOString();
  const manifest = { jobId, attempt: 1, sequence: 1, name: 'last', directory: false, files: [], createdAt };
  const key = objectKeys.checkpointManifest(jobId, 1, 1);
  await world.deps.storage.put(key, Buffer.from(JSON.stringify(manifest)));
  return manifest;
}

test('a notice is kept with its first time and its earliest deadline, and wakes the failover once for each event', async () => {
  const old = await world.startRunner();
  const deadlineAt = new Date(Date.now() + 60_000).toISOString();
  await world.ship(old, 'events', { kind: 'notice', id: 'n', deadlineAt });
  const first = await world.store.attempts.get(old.attemptId);
  expect(first.noticeDeadlineAt?.toISOString()).toBe(deadlineAt);
  const later = new Date(Date.now() + 90_000).toISOString();
  for (const id of ['n', 'm']) await world.ship(old, 'events', { kind: 'notice', id, deadlineAt: later });
  const { noticedAt, noticeDeadlineAt } = await world.store.attempts.get(old.attemptId);
  expect({ noticedAt, noticeDeadlineAt }).toEqual({
    noticedAt: first.noticedAt,
    noticeDeadlineAt: first.noticeDeadlineAt,
  });
  expect(world.temporal.of('wake')).toEqual([[old.jobId], [old.jobId]]);
  expect(world.temporal.of('signal').filter(([, event]) => (event as { kind: string }).kind === 'notice').length).toBe(
    2,
  );
});

test('the replacement waits for the last checkpoint, restores it, and then the fence has moved', async () => {
  const { old, nextId } = await warned();
  const token = newToken();
  const early = await world.hello(nextId, token);
  expect([early.status, errorOf(early)]).toEqual([503, 'not-ready']);
  const manifest = await storeCheckpoint(old);
  expect((await world.ship(old, 'checkpoints', manifest)).status).toBe(200);
  expect((await world.ship(old, 'events', { kind: 'stopped', id: 's', reason: 'stop-requested' })).status).toBe(200);
  const answer = await world.hello(nextId, token);
  expect(answer.status).toBe(200);
  expect(answer.json<HelloResponse>().checkpoints).toEqual([manifest]);
  const late = await world.ship(old, 'checkpoints', { ...manifest, sequence: 2 });
  expect([late.status, errorOf(late)]).toEqual([409, 'fenced']);
  expect((await world.store.jobs.get(old.jobId)).currentAttempt).toBe(2);
});

test('ten seconds after its machine was to end, an attempt is waited for no longer', async () => {
  const { nextId: tooSoon } = await warned(-5000);
  expect((await world.hello(tooSoon, newToken())).status).toBe(503);
  const { nextId } = await warned(-10_001);
  expect((await world.hello(nextId, newToken())).status).toBe(200);
});

test('what came to its own end is judged first, though its machine was to be gone long ago', async () => {
  for (const [reason, status] of [
    ['exited', 503],
    ['stop-requested', 200],
  ] as const) {
    const { old, nextId } = await warned(-60_000);
    const { attemptId, jobId } = old;
    const marker: CompletionMarker = {
      ...{ attemptId, phase: 'training', reason, exitCode: 0, signal: null, message: '', outputs: [] },
      ...{ setupFreeze: null, timings: {}, finishedAt: new Date().toISOString() },
    };
    await world.deps.storage.put(objectKeys.completion(jobId, 1), Buffer.from(JSON.stringify(marker)));
    expect([reason, (await world.hello(nextId, newToken())).status]).toEqual([reason, status]);
  }
});

test('what has ended without a word is followed at once; what has finished the job is not followed', async () => {
  const lost = await warned();
  await world.store.attempts.end(lost.old.attemptId, { kind: 'preempted', exitCode: null, message: '' }, new Date());
  expect((await world.hello(lost.nextId, newToken())).status).toBe(200);

  const done = await warned();
  await world.ship(done.old, 'events', { kind: 'exited', id: 'e', exitCode: 0 });
  expect((await world.hello(done.nextId, newToken())).status).toBe(503);
  await world.store.attempts.end(done.old.attemptId, { kind: 'succeeded', exitCode: 0, message: '' }, new Date());
  expect((await world.hello(done.nextId, newToken())).status).toBe(503);
  for (const state of ['preparing', 'waiting', 'provisioning', 'succeeded'] as const)
    await world.store.jobs.transition(done.old.jobId, state);
  const after = await world.hello(done.nextId, newToken());
  expect([after.status, errorOf(after)]).toEqual([409, 'fenced']);
});

test('a write that was let in before the fence moved is refused in its own transaction, and leaves nothing', async () => {
  const { store } = world;
  const { attemptId, jobId } = await world.startRunner();
  const late = { attempt: await store.attempts.get(attemptId), job: await store.jobs.get(jobId) };
  const events = createCoarseEvents();
  const appendLog = createLogAppender(events);
  const body = Buffer.from('{"step": 1, "a": 1}\n');
  const writes: readonly (() => Promise<unknown>)[] = [
    () => appendLog(world.deps, late, { stream: 'training', offset: 0 }, body),
    () => appendMetrics(world.deps, events, late, 0, body),
    () => store.transaction((repositories) => holdFence(repositories, late)),
    () => store.transaction((repositories) => lockOpen(repositories, late)),
  ];
  // The writes arrive while the fence moves, and wait for its lock.
  const { promise: moved, resolve: move } = Promise.withResolvers<void>();
  const moving = store.transaction(async ({ jobs }) => {
    await jobs.lock(jobId);
    await jobs.moveFence(jobId, 2);
    await moved;
  });
  const refused = Promise.allSettled(writes.map((write) => write()));
  move();
  await moving;
  for (const outcome of await refused)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { type: 'fenced' } });
  expect(await store.logChunks.totalBytes(jobId)).toBe(0);
  expect((await store.streams.end({ attemptId, stream: 'metrics' })).nextOffset).toBe(0);
  await store.jobs.setProgress(jobId, 0.9, { attempt: 1, at: new Date(), track: null });
  expect((await store.jobs.get(jobId)).progress).toBeNull();
});

test('who changes a job does not hold up what only belongs to it, such as its log', async () => {
  const { store } = world;
  const { jobId } = await world.startRunner();
  await store.transaction(async ({ jobs }) => {
    await jobs.lock(jobId);
    // Written on a separate connection, outside of the transaction.
    const chunk = { jobId, attempt: 1, stream: 'training', offset: 0, content: Buffer.from('x') } as const;
    await store.logChunks.insert(chunk);
  });
  expect(await store.logChunks.totalBytes(jobId)).toBe(1);
});
