import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptIdOf } from '../../core/ids.ts';
import type { ActingStore } from '../../store/types.ts';
import { allEvents, at, insertAttempt, offer, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

const statesTold = async (attemptId: string) =>
  (await allEvents(store)).filter(({ subject }) => subject === attemptId).map(({ data }) => data['state']);

describe('attempts', () => {
  test('opening twice makes one; an attempt of no job is refused', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    const again = { id: attemptId, jobId, attempt: 1, offer, reason: 'other', createdAt: at(9) };
    const answers = await Promise.all([store.attempts.open(again), store.attempts.open(again)]);
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ reason: 'first attempt', state: 'waiting', offer, createdAt: at(0) });
    expect(await statesTold(attemptId)).toEqual(['waiting']);
    await expect(store.attempts.open({ ...again, id: 'x/attempt-1', jobId: 'x' })).rejects.toMatchObject({
      type: 'not-found',
    });
  });

  test('advances only forward, stamps its times, and ends once', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    await store.attempts.advance(attemptId, 'launching', at(1));
    const handle = { provider: 'local', attemptId, instanceId: '42', region: 'local' };
    await store.attempts.setHandle(attemptId, handle, at(1));
    await store.attempts.setHandle(attemptId, handle, at(2));
    await store.attempts.advance(attemptId, 'setup', at(2));
    expect(await store.attempts.advance(attemptId, 'starting', at(3))).toMatchObject({ state: 'setup' });
    await store.attempts.advance(attemptId, 'running', at(4));
    await store.attempts.advance(attemptId, 'running', at(5));
    await store.attempts.setRestoredFrom(attemptId, 'epoch-3');
    await store.attempts.requestStop(attemptId, 'cancelled');
    await store.attempts.requestStop(attemptId, 'max-hours');
    const first = { kind: 'cancelled', exitCode: null, message: 'asked for' } as const;
    const second = { kind: 'lost', exitCode: null, message: 'gone' } as const;
    expect(await store.attempts.end(attemptId, first, at(6))).toEqual(first);
    expect(await store.attempts.end(attemptId, second, at(7))).toEqual(first);
    expect(await store.attempts.advance(attemptId, 'stopping', at(8))).toMatchObject({ state: 'ended' });
    expect(await store.attempts.get(attemptId)).toMatchObject({
      ...{ launchedAt: at(1), runningAt: at(4), endedAt: at(6), ending: first, restoredFrom: 'epoch-3' },
      ...{ stopRequested: 'cancelled', handle: { instanceId: '42' } },
    });
    expect(await statesTold(attemptId)).toEqual(['waiting', 'launching', 'setup', 'running', 'ended']);
    expect((await allEvents(store)).at(-1)).toMatchObject({
      topic: `job:${jobId}`,
      data: { jobId, attempt: 1, ending: first },
    });
  });

  test('a delivery is stamped when it moves, and never goes back', async () => {
    const { attemptId } = await insertAttempt(store);
    const delivery = async () => {
      const { deliveryMovedBytes, deliveryMovedAt, lastHeartbeatAt } = await store.attempts.get(attemptId);
      return [deliveryMovedBytes, deliveryMovedAt, lastHeartbeatAt];
    };
    await store.attempts.heartbeat(attemptId, at(1));
    expect(await delivery()).toEqual([null, null, at(1)]);
    await store.attempts.heartbeat(attemptId, at(2), 0);
    expect(await delivery()).toEqual([0n, at(2), at(2)]);
    await store.attempts.heartbeat(attemptId, at(3), 5_000_000_000);
    await store.attempts.heartbeat(attemptId, at(4), 5_000_000_000);
    await store.attempts.heartbeat(attemptId, at(5), 3);
    await store.attempts.heartbeat(attemptId, at(6));
    expect(await delivery()).toEqual([5_000_000_000n, at(3), at(6)]);
  });

  test('one holder at a time may launch an attempt, and other attempts are not concerned', async () => {
    const [{ attemptId: mine }, { attemptId: other }] = [await insertAttempt(store), await insertAttempt(store)];
    expect(await store.attempts.leaseLaunch(mine, 'a', 60_000)).toBeNull();
    expect(await store.attempts.leaseLaunch(other, 'b', 1)).toBeNull();
    expect(await store.attempts.leaseLaunch(mine, 'a', 60_000)).toBeNull();
    const leftMs = await store.attempts.leaseLaunch(mine, 'b', 60_000);
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    await new Promise((done) => setTimeout(done, 5));
    // The lease has expired, but `launchedBy` stays until another process takes the lease.
    expect(await store.attempts.leaseLaunch(mine, 'c', 60_000)).toBeGreaterThan(50_000);
    expect((await store.attempts.get(other)).launchedBy).toBe('b');
    expect(await store.attempts.leaseLaunch(other, 'c', 60_000)).toBeNull();
    await store.attempts.endLaunchLease(mine, 'b');
    expect((await store.attempts.get(mine)).launchedBy).toBe('a');
    await store.attempts.renewLaunchLease(mine, 'a', 120_000);
    expect(await store.attempts.leaseLaunch(mine, 'b', 1)).toBeGreaterThan(110_000);
    await store.attempts.endLaunchLease(mine, 'a');
    await store.attempts.renewLaunchLease(mine, 'a', 120_000);
    expect(await store.attempts.get(mine)).toMatchObject({ launchedBy: null, launchLeaseUntil: null });
    await expect(store.attempts.leaseLaunch('x/attempt-1', 'a', 1)).rejects.toMatchObject({ type: 'not-found' });
  });

  test('the provider’s times of its own instance are kept, and its first end stays', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    const instance = { provider: 'local', attemptId, instanceId: '42', region: 'local' };
    const times = async () => {
      const { billedFrom, billedUntil } = await store.attempts.get(attemptId);
      return [billedFrom, billedUntil];
    };
    await store.attempts.setHandle(attemptId, instance, at(1));
    await store.attempts.setBilled({ ...instance, instanceId: '43' }, { from: at(0), until: at(1) });
    await store.attempts.setBilled(instance, { from: null, until: null });
    expect(await times()).toEqual([null, null]);
    await store.attempts.setBilled(instance, { from: at(2), until: null });
    await store.attempts.setBilled(instance, { from: at(3), until: null });
    expect(await times()).toEqual([at(2), null]);
    await store.attempts.setBilled(instance, { from: at(2), until: at(4) });
    await store.attempts.setBilled(instance, { from: at(5), until: at(6) });
    expect(await times()).toEqual([at(2), at(4)]);
    const billed = await store.attempts.ofJobs([jobId, 'another']);
    expect([...billed.keys()]).toEqual([jobId]);
    expect(billed.get(jobId)).toMatchObject([{ offer, billedFrom: at(2), billedUntil: at(4), endedAt: null }]);
    expect(await store.attempts.ofJobs([])).toEqual(new Map());
  });

  test('who is heard is found with its job, and its signs are written at most so often', async () => {
    const { jobId, attemptId } = await insertAttempt(store);
    await store.attempts.hello(attemptId, `token of ${attemptId}`, at(10));
    const hear = (seconds: number) => store.attempts.hear(`token of ${attemptId}`, at(seconds), 2000);
    const lastSign = async () => (await store.attempts.get(attemptId)).lastHeartbeatAt;
    // The job's fence has not moved to this attempt yet.
    expect(await hear(12)).toEqual({ attempt: await store.attempts.get(attemptId), job: await store.jobs.get(jobId) });
    expect(await lastSign()).toEqual(at(10));
    await store.jobs.moveFence(jobId, 1);
    await hear(11.999);
    expect(await lastSign()).toEqual(at(10));
    await hear(12);
    expect(await lastSign()).toEqual(at(12));
    await store.attempts.end(attemptId, { kind: 'lost', exitCode: null, message: '' }, at(13));
    expect(await hear(20)).toMatchObject({ attempt: { state: 'ended' } });
    expect(await lastSign()).toEqual(at(12));
  });

  test('the first runner to say hello has it', async () => {
    const { attemptId } = await insertAttempt(store);
    const hashes = Array.from({ length: 10 }, (_, index) => `hash-${index}`);
    const answers = await Promise.allSettled(hashes.map((hash) => store.attempts.hello(attemptId, hash, at(1))));
    const winners = hashes.filter((_, index) => answers[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ type: 'fenced' });
    }
    const winner = winners[0] ?? '';
    expect(await store.attempts.hello(attemptId, winner, at(2))).toMatchObject({ tokenHash: winner, helloAt: at(1) });
    expect(await store.attempts.hear('nobody’s', at(2), 1000)).toBeNull();
    await store.attempts.heartbeat(attemptId, at(4));
    await store.attempts.heartbeat(attemptId, at(3));
    expect(await store.attempts.get(attemptId)).toMatchObject({ lastHeartbeatAt: at(4) });
    await store.attempts.end(attemptId, { kind: 'lost', exitCode: null, message: '' }, at(5));
    await expect(store.attempts.hello(attemptId, winner, at(6))).rejects.toMatchObject({ type: 'fenced' });
  });

  test('of several endings at once the first stays', async () => {
    const { attemptId } = await insertAttempt(store);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, exitCode) =>
        store.attempts.end(attemptId, { kind: 'failed', exitCode, message: '' }, at(1)),
      ),
    );
    expect(new Set(answers.map(({ exitCode }) => exitCode)).size).toBe(1);
    expect(await statesTold(attemptId)).toEqual(['waiting', 'ended']);
  });

  test('lists by number; unknown ones are `not-found`', async () => {
    const { jobId } = await insertAttempt(store);
    for (const attempt of [10, 2]) {
      await store.attempts.open({
        id: attemptIdOf(jobId, attempt),
        jobId,
        attempt,
        offer,
        reason: '',
        createdAt: at(1),
      });
    }
    expect((await store.attempts.listByJob(jobId)).map(({ attempt }) => attempt)).toEqual([1, 2, 10]);
    expect(await store.attempts.find('none')).toBeNull();
    for (const call of [
      () => store.attempts.get('none'),
      () => store.attempts.advance('none', 'running', at(1)),
      () => store.attempts.hello('none', 'hash', at(1)),
      () => store.attempts.end('none', { kind: 'lost', exitCode: null, message: '' }, at(1)),
    ]) {
      await expect(call()).rejects.toMatchObject({ type: 'not-found' });
    }
  });
});

describe('decisions', () => {
  test('the first stored under a number stays', async () => {
    const { jobId } = await insertAttempt(store);
    const decide = (decision: number, waitMs: number, inputs: unknown = { attempts: [] }) => ({
      ...{ jobId, decision, policyVersion: 'in-order-1', inputs, decidedAt: at(decision) },
      action: { kind: 'wait', waitMs, reason: '' } as const,
    });
    expect(await store.decisions.latest(jobId)).toBeNull();
    const first = await store.decisions.insert(decide(1, 10));
    expect(await store.decisions.insert(decide(1, 20))).toEqual(first);
    expect(first).toEqual(decide(1, 10));
    const second = await store.decisions.insert(decide(2, 30, ['a', null]));
    expect(await store.decisions.insert(decide(3, 1, null))).toMatchObject({ inputs: null });
    expect(await store.decisions.latest(jobId)).toMatchObject({ decision: 3 });
    expect(await store.decisions.find(jobId, 2)).toEqual(second);
    expect(await store.decisions.find(jobId, 4)).toBeNull();
    const page = await store.decisions.page({ jobId, limit: 2 });
    expect(page.items.map(({ decision }) => decision)).toEqual([1, 2]);
    // Lists omit the inputs of a decision, because they are long.
    expect(page.items[0]).not.toHaveProperty('inputs');
    expect(await store.decisions.page({ jobId, limit: 2, cursor: page.nextCursor ?? '' })).toMatchObject({
      items: [{ decision: 3 }],
      nextCursor: null,
    });
  });
});

describe('checkpoints', () => {
  test('newest first; the same again is fine and told once', async () => {
    const { jobId } = await insertAttempt(store);
    const manifest = (attempt: number, sequence: number) => ({
      ...{ jobId, attempt, sequence, name: `step-${sequence}`, directory: false, createdAt: at(1).toISOString() },
      files: [{ path: 'weights', key: 'k', bytes: 3, sha256: 'a'.repeat(64) }],
    });
    for (const [attempt, sequence] of [
      [1, 1],
      [1, 2],
      [2, 1],
      [1, 2],
    ] as const) {
      await store.checkpoints.insert(manifest(attempt, sequence));
    }
    const summary = (attempt: number, sequence: number) => {
      const { name, createdAt } = manifest(attempt, sequence);
      return { attempt, sequence, name, createdAt };
    };
    expect(await store.checkpoints.summaries(jobId, [1, 2])).toEqual([summary(2, 1), summary(1, 2), summary(1, 1)]);
    expect(await store.checkpoints.summaries(jobId, [2])).toEqual([summary(2, 1)]);
    const told = (await allEvents(store)).filter(
      ({ kind, topic }) => kind === 'job.checkpoint' && topic === `job:${jobId}`,
    );
    expect(told).toHaveLength(3);
  });
});
