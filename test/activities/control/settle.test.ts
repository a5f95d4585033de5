import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobStates, terminalJobStates, type JobState } from '@artenic/core';
import { jobTransitions } from '../../../core/jobs/transitions.ts';
import { attemptIdOf } from '../../../core/ids.ts';
import { ActivityWorld, localOffer } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

/** The shortest way to the state by the transition table. */
function wayTo(state: JobState): readonly JobState[] {
  const ways: JobState[][] = [['queued']];
  for (const way of ways) {
    const last = way.at(-1) ?? 'queued';
    if (last === state) return way.slice(1);
    for (const next of jobTransitions[last]) if (!way.includes(next)) ways.push([...way, next]);
  }
  throw new Error(`no way to ${state}`);
}

describe('settleAttempt', () => {
  test('keeps the first end', async () => {
    const { id } = await world.addJob();
    const attemptId = await world.addAttempt(id);
    const settle = (kind: 'lost' | 'killed') =>
      world.control().settleAttempt({ attemptId, ending: { kind, exitCode: null, message: kind } });
    const first = { kind: 'lost', exitCode: null, message: 'lost' };
    expect(await settle('lost')).toEqual(first);
    expect(await settle('killed')).toEqual(first);
    expect(await world.store.attempts.get(attemptId)).toMatchObject({ state: 'ended', ending: first });
  });
});

test('the end of a warned attempt moves the fence to the replacement that was opened beside it', async () => {
  const { id } = await world.addJob();
  const warned = await world.addAttempt(id);
  await world.store.attempts.notice(warned, new Date(), new Date());
  await world.addAttempt(id, 2);
  expect(await world.store.jobs.get(id)).toMatchObject({ currentAttempt: 1 });
  await world.endAttempt(warned, 'preempted');
  expect(await world.store.jobs.get(id)).toMatchObject({ currentAttempt: 2 });
});

describe('settleJob', () => {
  test('keeps the first end, with its model', async () => {
    const { id } = await world.addJob();
    const settle = (state: 'succeeded' | 'failed', model: { name: string; version: number } | null) =>
      world.control().settleJob({ jobId: id, state, message: state, model });
    expect(await settle('succeeded', { name: 'penguins', version: 2 })).toEqual({
      state: 'succeeded',
      message: 'succeeded',
    });
    expect(await settle('failed', null)).toEqual({ state: 'succeeded', message: 'succeeded' });
    expect(await world.store.jobs.get(id)).toMatchObject({ resultModel: 'penguins', resultVersion: 2 });
  });

  const open = jobStates.filter((state) => jobTransitions[state].length > 0);
  test.each(open.flatMap((from) => terminalJobStates.map((to) => [from, to] as const)))(
    'ends a job from `%s` as `%s`',
    async (from, to) => {
      const { id } = await world.addJob();
      for (const state of wayTo(from)) await world.store.jobs.transition(id, state);
      expect((await world.store.jobs.get(id)).state).toBe(from);
      const settled = await world.control().settleJob({ jobId: id, state: to, message: 'the end', model: null });
      expect(settled).toEqual({ state: to, message: 'the end' });
      expect(await world.store.jobs.get(id)).toMatchObject({ state: to, message: 'the end' });
    },
  );
});

describe('wishes', () => {
  test('a stop is written where the runner reads it, and says how long its graces are', async () => {
    const { id } = await world.addJob({ stopGraceSeconds: 7 });
    const attemptId = await world.addAttempt(id);
    const control = world.control();
    expect(await control.requestStop({ attemptId, reason: 'cancelled' })).toEqual({ graceMs: 7000 });
    expect(await control.requestStop({ attemptId, reason: 'max-hours' })).toEqual({ graceMs: 7000 });
    expect(await world.store.attempts.get(attemptId)).toMatchObject({ state: 'stopping', stopRequested: 'cancelled' });
    await world.endAttempt(attemptId, 'cancelled');
    await control.requestStop({ attemptId, reason: 'cancelled' });
    expect((await world.store.attempts.get(attemptId)).state).toBe('ended');
  });

  test('the delivery of the last files is waited for while it moves and its job grants it', async () => {
    const { id } = await world.addJob({ deliveryGraceSeconds: 7200 });
    const attemptId = await world.addAttempt(id);
    const nowMs = world.now().getTime();
    const look = (control = world.control()) => control.awaitDelivery({ attemptId, sinceMs: nowMs });
    const after = (minutes: number) => world.control({ now: () => new Date(nowMs + minutes * 60_000) });
    expect(await look()).toBe('none');
    await world.store.attempts.heartbeat(attemptId, new Date(nowMs), 0);
    await expect(look()).rejects.toMatchObject({ type: 'not-ready' });
    await expect(look(after(9.9))).rejects.toMatchObject({ type: 'not-ready' });
    expect(await look(after(10))).toBe('stalled');
    await world.store.attempts.heartbeat(attemptId, new Date(nowMs + 115 * 60_000), 1);
    await expect(look(after(119))).rejects.toMatchObject({
      type: 'not-ready',
      message: expect.stringContaining('1 byte'),
    });
    expect(await look(after(120))).toBe('overdue');
    await world.store.attempts.runnerOver(attemptId, new Date(nowMs));
    expect(await look(after(119))).toBe('delivered');
  });

  test('a replacement that is not needed before it has been opened ends, and nothing comes of opening it', async () => {
    const { id } = await world.addJob();
    await world.addAttempt(id);
    const control = world.control();
    const action = {
      kind: 'launch',
      attempt: 2,
      offer: localOffer,
      step: 'next-zone',
      reason: 'after a notice',
    } as const;
    const decision = { jobId: id, decision: 2, policyVersion: 'test', inputs: null, decidedAt: new Date() };
    await world.store.decisions.insert({ ...decision, action });
    const attemptId = attemptIdOf(id, 2);
    await control.requestStop({ attemptId, reason: 'not-needed' });
    await control.requestStop({ attemptId, reason: 'not-needed' });
    const ending = { kind: 'cancelled', message: 'The job has ended without it.' };
    expect(await world.store.attempts.get(attemptId)).toMatchObject({ state: 'ended', ending, offer: localOffer });
    const opened = await control.openAttempt({ jobId: id, attempt: 2, offer: localOffer, reason: action.reason });
    expect(opened).toMatchObject({ kind: 'ended', ending });
    expect(await world.store.capacity.isGranted(attemptId)).toBe(false);
    await expect(control.requestStop({ attemptId: attemptIdOf(id, 3), reason: 'not-needed' })).rejects.toMatchObject({
      type: 'not-found',
    });
  });

  test('a cancel is a wish from when it is recorded, and an end is one too', async () => {
    const control = world.control();
    const { id } = await world.addJob();
    expect(await control.readCancelIntent({ jobId: id })).toEqual({ requested: false });
    await control.recordCancelIntent({ jobId: id, by: 'temporal' });
    await control.recordCancelIntent({ jobId: id, by: 'another' });
    expect(await control.readCancelIntent({ jobId: id })).toEqual({ requested: true });
    expect(await world.store.jobs.get(id)).toMatchObject({ cancelRequestedBy: 'temporal', state: 'cancelling' });
    const { id: ended } = await world.addJob();
    await control.settleJob({ jobId: ended, state: 'failed', message: '', model: null });
    expect(await control.readCancelIntent({ jobId: ended })).toEqual({ requested: true });
    await expect(control.recordCancelIntent({ jobId: ended, by: 'late' })).rejects.toMatchObject({
      type: 'conflict',
      nonRetryable: true,
    });
  });

  test('a workflow is waited for while it is open', async () => {
    const wait = () => world.control().awaitWorkflowClosed({ workflowId: 'training-job/x' });
    await expect(wait()).resolves.toBeUndefined();
    world.workflows.set('training-job/x', 'open');
    await expect(wait()).rejects.toMatchObject({ type: 'not-ready', nonRetryable: false });
    world.workflows.set('training-job/x', 'closed');
    await expect(wait()).resolves.toBeUndefined();
  });
});
