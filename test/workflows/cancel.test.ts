import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { type RunnerScript, until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';
import { localOffer } from './world.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** Trains until it is stopped, and then ends like a stopped command. */
const obedient: RunnerScript = async (runner) => {
  await runner.hello();
  await runner.phase('training');
  await runner.stopAsked();
  await runner.exit(143);
};
const cancelled = { state: 'cancelled', model: null };

function instanceOf(jobId: string) {
  return harness.world.instances.get(attemptWorkflowId(jobId, 1));
}

test.concurrent('a runner that does not hear of the stop is ended after its grace', async () => {
  const { world } = harness;
  world.addJob('deaf', { script: (runner) => runner.hello(), graceMs: 0 });
  const handle = await harness.startJob('deaf');
  await until(() => instanceOf('deaf') !== undefined, 'the launch');
  await world.cancelByApi('deaf');
  expect(await handle.result()).toMatchObject(cancelled);
  expect(instanceOf('deaf')).toMatchObject({ gone: true, endedBy: 'request' });
});

test.concurrent('a cancel without a grace ends the instance at once, and the runner gets no stop', async () => {
  const { world } = harness;
  world.addJob('now', { script: (runner) => runner.hello(), graceMs: 3_600_000 });
  const handle = await harness.startJob('now');
  await until(() => instanceOf('now') !== undefined, 'the launch');
  await world.endNowByApi('now');
  expect(await handle.result()).toMatchObject(cancelled);
  expect(instanceOf('now')).toMatchObject({ gone: true, endedBy: 'request' });
  expect(world.called('requestStop', attemptWorkflowId('now', 1))).toBe(0);
});

test.concurrent('without a grace, after a cancel with one: the rest of the grace is given up', async () => {
  const { world } = harness;
  world.addJob('sooner', { script: (runner) => runner.hello(), graceMs: 3_600_000 });
  const handle = await harness.startJob('sooner');
  const id = attemptWorkflowId('sooner', 1);
  await until(() => instanceOf('sooner') !== undefined, 'the launch');
  await world.cancelByApi('sooner');
  await until(() => world.called('requestStop', id) === 1, 'the stop with its grace');
  await world.endNowByApi('sooner');
  // Asking once more changes nothing.
  await world.endNowByApi('sooner').catch(() => undefined);
  expect(await handle.result()).toMatchObject(cancelled);
  expect(instanceOf('sooner')).toMatchObject({ gone: true, endedBy: 'request' });
  expect(await eventsOf(harness.client, id)).not.toContain('timerFired');
});

test.concurrent('while the job is prepared: nothing is launched', async () => {
  const { world } = harness;
  let go = false;
  world.addJob('in-prepare');
  world.fault('in-prepare', 'prepareJob', async () => {
    await until(() => go, 'the cancel');
    return null;
  });
  const handle = await harness.startJob('in-prepare');
  await until(() => world.called('prepareJob', 'in-prepare') === 1, 'the preparation');
  await world.cancelByApi('in-prepare');
  go = true;
  expect(await handle.result()).toMatchObject(cancelled);
  expect(world.attemptsOf('in-prepare')).toEqual([]);
});

test.concurrent('while the failover waits: at once', async () => {
  const { world, client } = harness;
  world.addJob('in-wait', { retryOnExitCodes: [75], script: (runner) => runner.exit(75) });
  const handle = await harness.startJob('in-wait');
  // Third short run in a row: the waits begin.
  await until(
    () => [...world.decisions].some(([key, { kind }]) => key.startsWith('in-wait ') && kind === 'wait'),
    'a wait',
  );
  await world.cancelByApi('in-wait');
  expect(await handle.result()).toMatchObject(cancelled);
  // The timer of the wait did not fire.
  const events = await eventsOf(client, failoverWorkflowId('in-wait'));
  expect(events.filter((event) => event.startsWith('timer')).at(-1)).toBe('timerCanceled');
});

test.concurrent('while an attempt waits for its next launch: at once, with nothing left', async () => {
  const { world, client } = harness;
  world.addJob('in-refusal');
  world.fault('in-refusal', 'launchInstance', () => 'stockout');
  const handle = await harness.startJob('in-refusal');
  const id = attemptWorkflowId('in-refusal', 1);
  // All offers were tried; the workflow waits for half a minute.
  await until(() => world.called('launchInstance', id) > 0, 'the launch');
  await until(async () => (await eventsOf(client, id)).includes('timerStarted'), 'the wait');
  await world.cancelByApi('in-refusal');
  expect(await handle.result()).toMatchObject(cancelled);
  const events = await eventsOf(client, id);
  expect(events.filter((event) => event.startsWith('timer'))).toEqual(['timerStarted', 'timerCanceled']);
  expect(world.attemptsOf('in-refusal')).toMatchObject([{ attempt: 1, ending: { kind: 'cancelled' } }]);
  expect(world.instances.has(id)).toBe(false);
});

test.concurrent('while the launch is tried again and again: no instance is left', async () => {
  const { world } = harness;
  world.addJob('in-launch');
  world.fault('in-launch', 'launchInstance', () => 'transient');
  const handle = await harness.startJob('in-launch');
  const id = attemptWorkflowId('in-launch', 1);
  await until(() => world.called('launchInstance', id) >= 2, 'the second try');
  await world.cancelByApi('in-launch');
  expect(await handle.result()).toMatchObject(cancelled);
  expect(world.called('terminateInstance', id)).toBe(1);
  expect(world.attemptsOf('in-launch')[0]?.ending?.kind).toBe('cancelled');
});

test.concurrent('while a launch is under way: what it made is stopped', async () => {
  const { world } = harness;
  let go = false;
  world.addJob('in-launching', { script: obedient });
  world.fault('in-launching', 'launchInstance', async () => {
    await until(() => go, 'the cancel');
    return null;
  });
  const handle = await harness.startJob('in-launching');
  const id = attemptWorkflowId('in-launching', 1);
  await until(() => world.called('launchInstance', id) === 1, 'the launch');
  await world.cancelByApi('in-launching');
  await until(() => world.called('readCancelIntent', 'in-launching') > 0, 'the cancel at the attempt');
  go = true;
  expect(await handle.result()).toMatchObject(cancelled);
  expect(instanceOf('in-launching')).toMatchObject({ gone: true, stopReason: 'cancelled' });
});

test.concurrent('while it trains: stopped with its grace', async () => {
  const { world } = harness;
  world.addJob('in-training', { script: obedient });
  const handle = await harness.startJob('in-training');
  await until(() => instanceOf('in-training') !== undefined, 'the launch');
  await world.cancelByApi('in-training');
  expect(await handle.result()).toMatchObject(cancelled);
  expect(instanceOf('in-training')).toMatchObject({ stopReason: 'cancelled', marker: { exitCode: 143 } });
  expect(world.attemptsOf('in-training').map(({ ending }) => ending)).toEqual([
    { kind: 'cancelled', exitCode: 143, message: 'Cancelled on request.' },
  ]);
  expect(world.models.some((key) => key.startsWith('in-training'))).toBe(false);
});

test.concurrent('while it trains, and it is done before it stops: what was finished stays', async () => {
  const { world } = harness;
  world.addJob('in-the-end', {
    script: async (runner) => {
      await runner.hello();
      await runner.stopAsked();
      await runner.exit(0);
    },
  });
  const handle = await harness.startJob('in-the-end');
  await until(() => instanceOf('in-the-end') !== undefined, 'the launch');
  await world.cancelByApi('in-the-end');
  expect(await handle.result()).toMatchObject({ state: 'succeeded', model: { name: 'in-the-end', version: 1 } });
});

test.concurrent('by Temporal itself becomes the cancel of the job', async () => {
  const { world, client } = harness;
  const job = world.addJob('by-temporal', { script: obedient });
  const handle = await harness.startJob('by-temporal');
  await until(() => instanceOf('by-temporal') !== undefined, 'the launch');
  await client.workflow.getHandle(trainingJobWorkflowId('by-temporal')).cancel();
  expect(await handle.result()).toMatchObject(cancelled);
  expect(job.cancelRequestedBy).toBe('temporal');
  expect(instanceOf('by-temporal')).toMatchObject({ gone: true, stopReason: 'cancelled' });
});

test.concurrent('while the model is registered: the job has finished', async () => {
  const { world } = harness;
  let go = false;
  world.addJob('in-collecting');
  world.fault('in-collecting', 'registerModel', async () => {
    await until(() => go, 'the cancel');
    return null;
  });
  const handle = await harness.startJob('in-collecting');
  await until(() => world.called('registerModel', 'in-collecting') === 1, 'the registration');
  await world.cancelByApi('in-collecting');
  go = true;
  expect(await handle.result()).toMatchObject({ state: 'succeeded' });
});

test.concurrent('of an attempt alone stops nothing: it is taken over', async () => {
  const { world, client } = harness;
  let go = false;
  world.addJob('attempt-only', {
    script: async (runner) => {
      await until(() => go, 'the word to end');
      await runner.exit(0);
    },
  });
  const handle = await harness.startJob('attempt-only');
  const id = attemptWorkflowId('attempt-only', 1);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  await client.workflow.getHandle(id).cancel();
  await until(() => world.called('openAttempt', id) === 2, 'the take-over');
  expect(world.decisions.get('attempt-only 2')).toMatchObject({ kind: 'launch', attempt: 1, takeOver: true });
  go = true;
  expect(await handle.result()).toMatchObject({ state: 'succeeded' });
  expect(instanceOf('attempt-only')).toMatchObject({ stopReason: null });
  expect(world.attemptsOf('attempt-only')).toHaveLength(1);
});

test.concurrent('of the failover alone stops nothing: it is started again', async () => {
  const { world, client } = harness;
  let go = false;
  world.addJob('failover-only', {
    script: async (runner) => {
      await until(() => go, 'the word to end');
      await runner.exit(0);
    },
  });
  const handle = await harness.startJob('failover-only');
  const id = attemptWorkflowId('failover-only', 1);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  await client.workflow.getHandle(failoverWorkflowId('failover-only')).cancel();
  await until(() => world.called('openAttempt', id) === 2, 'the take-over');
  go = true;
  expect(await handle.result()).toMatchObject({ state: 'succeeded' });
  expect(world.attemptsOf('failover-only')).toHaveLength(1);
  expect(world.attemptsOf('failover-only')[0]?.offer).toEqual(localOffer);
});
