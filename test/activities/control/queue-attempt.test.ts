import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailureCategory } from '@temporalio/common';
import { ArtenicError } from '../../../core/errors.ts';
import { attemptIdOf } from '../../../core/ids.ts';
import { ActivityWorld, localOffer } from '../world.ts';

let world: ActivityWorld;
const open: string[] = [];
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());
beforeEach(async () => {
  for (const attemptId of open.splice(0)) await world.endAttempt(attemptId, 'lost');
  world.signals.length = 0;
  world.signalFault = null;
});

async function openOne(spec: Parameters<ActivityWorld['addJob']>[0] = {}) {
  const { id: jobId } = await world.addJob({ resources: { vcpu: 2 }, ...spec });
  await world.control().prepareJob({ jobId });
  const input = { jobId, attempt: 1, offer: localOffer, reason: 'first attempt' };
  const opened = await world.control().openAttempt(input);
  const attemptId = attemptIdOf(jobId, 1);
  open.push(attemptId);
  return { jobId, attemptId, input, opened };
}
const waitFor = (attemptId: string) => world.control().awaitCapacity({ attemptId });
const notReady = { type: 'not-ready', nonRetryable: false, category: ApplicationFailureCategory.BENIGN };

describe('openAttempt', () => {
  test('makes the row, moves the fence, and grants what is free', async () => {
    const { jobId, attemptId, opened } = await openOne();
    expect(opened).toEqual({ kind: 'granted' });
    expect(await world.store.attempts.get(attemptId)).toMatchObject({
      state: 'waiting',
      offer: localOffer,
      reason: 'first attempt',
    });
    expect(await world.store.jobs.get(jobId)).toMatchObject({ currentAttempt: 1, state: 'preparing' });
    await expect(waitFor(attemptId)).resolves.toBeUndefined();
    expect(world.signals).toEqual([]);
  });

  test('beside a warned attempt the fence stays, also when the replacement comes to nothing', async () => {
    const { jobId, attemptId, input } = await openOne();
    await world.store.attempts.notice(attemptId, new Date(Date.now() + 60_000), new Date());
    const fence = async () => (await world.store.jobs.get(jobId)).currentAttempt;
    await world.control().openAttempt({ ...input, attempt: 2 });
    expect(await fence()).toBe(1);
    await world.endAttempt(attemptIdOf(jobId, 2), 'stockout');
    expect(await fence()).toBe(1);
    await world.endAttempt(attemptId, 'preempted');
    await world.control().openAttempt({ ...input, attempt: 3 });
    open.push(attemptIdOf(jobId, 3));
    expect(await fence()).toBe(3);
  });

  test('queues what has no room, and says so to the job', async () => {
    await openOne();
    const { jobId, attemptId, opened } = await openOne();
    expect(opened).toEqual({ kind: 'waiting' });
    expect(await world.store.jobs.get(jobId)).toMatchObject({
      state: 'waiting',
      message: expect.stringMatching(/local/),
    });
    expect((await world.store.capacity.positions([attemptId])).get(attemptId)).toBe(1);
    await expect(waitFor(attemptId)).rejects.toMatchObject(notReady);
  });

  test('says the same when it is asked again', async () => {
    const first = await openOne();
    const second = await openOne();
    expect(await world.control().openAttempt(first.input)).toEqual({ kind: 'granted' });
    expect(await world.control().openAttempt(second.input)).toEqual({ kind: 'waiting' });
    expect(await world.store.capacity.inUse('local')).toMatchObject({ vcpu: 2 });
  });

  test('opens nothing again that has ended, and queues nothing for it', async () => {
    const { attemptId, input } = await openOne();
    await world.endAttempt(attemptId, 'killed');
    expect(await world.control().openAttempt(input)).toMatchObject({ kind: 'ended', ending: { kind: 'killed' } });
    expect(await world.store.capacity.inUse('local')).toMatchObject({ vcpu: 0 });
    expect((await world.store.capacity.positions([attemptId])).size).toBe(0);
  });

  test('leaves nothing in the queue when it races the end of its attempt', async () => {
    for (let round = 0; round < 10; round++) {
      const { attemptId, input } = await openOne();
      await Promise.all([world.control().openAttempt(input), world.endAttempt(attemptId, 'lost')]);
      expect(await world.store.capacity.inUse('local')).toMatchObject({ vcpu: 0 });
    }
  });

  test('grants at once where the provider has its own capacity', async () => {
    const { capabilities } = world.local;
    const row = { usable: true, message: '', capabilities, capacity: null, checkedAt: new Date() };
    await world.store.providers.upsert({ name: 'cloud', ...row });
    await openOne();
    const { id: jobId } = await world.addJob({ resources: { vcpu: 512 } });
    const input = { jobId, attempt: 1, offer: { ...localOffer, provider: 'cloud' }, reason: '' };
    expect(await world.control().openAttempt(input)).toEqual({ kind: 'granted' });
    await expect(waitFor(attemptIdOf(jobId, 1))).resolves.toBeUndefined();
    await world.endAttempt(attemptIdOf(jobId, 1), 'lost');
  });

  test('keeps a later attempt in its place among jobs: by when the job was submitted', async () => {
    const early = await openOne();
    const middle = await openOne();
    const late = await openOne();
    await world.endAttempt(early.attemptId, 'lost');
    expect(world.signals).toEqual([middle.attemptId]);
    const again = await world.control().openAttempt({ ...early.input, attempt: 2 });
    open.push(attemptIdOf(early.jobId, 2));
    expect(again).toEqual({ kind: 'waiting' });
    const [next, last] = [attemptIdOf(early.jobId, 2), late.attemptId];
    const places = await world.store.capacity.positions([next, last]);
    expect([places.get(next), places.get(last)]).toEqual([1, 2]);
  });
});

describe('the queue', () => {
  test('gives freed capacity to the next and tells it', async () => {
    const first = await openOne();
    const second = await openOne();
    const third = await openOne({ priority: 5 });
    await world.endAttempt(first.attemptId, 'succeeded');
    expect(world.signals).toEqual([third.attemptId]);
    await expect(waitFor(third.attemptId)).resolves.toBeUndefined();
    await world.endAttempt(third.attemptId, 'succeeded');
    expect(world.signals).toEqual([third.attemptId, second.attemptId]);
  });

  test('gives freed capacity to several that fit', async () => {
    const first = await openOne();
    const [second, third] = [await openOne({ resources: { vcpu: 1 } }), await openOne({ resources: { vcpu: 1 } })];
    await world.endAttempt(first.attemptId, 'succeeded');
    expect(world.signals).toEqual([second.attemptId, third.attemptId]);
  });

  test('is moved on by whoever waits, when the one that freed capacity died before it granted it', async () => {
    const first = await openOne();
    const second = await openOne();
    await world.store.capacity.release(first.attemptId);
    await expect(waitFor(second.attemptId)).resolves.toBeUndefined();
    expect(world.signals).toEqual([]);
  });

  test('wakes the right one when somebody else asks', async () => {
    const first = await openOne();
    const [second, third] = [await openOne(), await openOne()];
    await world.store.capacity.release(first.attemptId);
    await expect(waitFor(third.attemptId)).rejects.toMatchObject(notReady);
    expect(world.signals).toEqual([second.attemptId]);
  });

  test.each(['not-found', 'unavailable'] as const)('settles also when the next cannot be told: %s', async (type) => {
    const first = await openOne();
    const second = await openOne();
    world.signalFault = new ArtenicError(type, 'no signal');
    await expect(world.endAttempt(first.attemptId, 'succeeded')).resolves.toBeUndefined();
    await expect(waitFor(second.attemptId)).resolves.toBeUndefined();
  });

  test('does not hide another fault of telling', async () => {
    const first = await openOne();
    await openOne();
    world.signalFault = new TypeError('ours');
    await expect(world.endAttempt(first.attemptId, 'succeeded')).rejects.toMatchObject({ type: 'internal' });
    world.signalFault = null;
  });
});
