import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId, failoverWorkflowId } from '../../workflows/contracts/index.ts';
import { until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';

const mostPerAttempt = 80;
const mostPerDecision = 12;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

test('an attempt that lives through everything stays below its bound, however often it is polled', async () => {
  const { world, client } = harness;
  const id = attemptWorkflowId('all', 1);
  const step = { now: '' };
  world.addJob('all', {
    script: async (runner) => {
      // Each signal gets a workflow task of its own, which is the most expensive case.
      for (const [name, signal] of [
        ['hello', () => runner.hello()],
        ['setup', () => runner.phase('setup')],
        ['training', () => runner.phase('training')],
        ['notice', () => runner.notice()],
      ] as const) {
        await until(() => step.now === name, name);
        await signal();
      }
      await runner.stopAsked();
      await runner.exit(143);
    },
  });
  await world.setSlots(0);
  const handle = await harness.startJob('all');
  await until(() => world.called('awaitCapacity', id) > 0, 'the queue');
  await world.setSlots(1);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  for (const name of ['hello', 'setup', 'training', 'notice']) {
    const before = (await eventsOf(client, id)).length;
    step.now = name;
    await until(async () => settledAfter(await eventsOf(client, id), before), name);
  }

  // The grant's backstop fires late and finds its work done.
  await until(
    async () => (await eventsOf(client, id)).filter((name) => name === 'activityTaskCompleted').length === 2,
    'the backstop',
  );
  await until(async () => (await eventsOf(client, id)).at(-1) === 'workflowTaskCompleted', 'its task');
  const polls = world.called('watchInstance', id);
  const before = await eventsOf(client, id);
  await until(() => world.called('watchInstance', id) >= polls + 4, 'more polls');
  expect(await eventsOf(client, id)).toEqual(before);

  await world.cancelByApi('all');
  expect((await handle.result()).state).toBe('cancelled');
  const events = await eventsOf(client, id);
  expect(events.filter((name) => name === 'workflowExecutionSignaled')).toHaveLength(6);

  expect(events.length).toBeLessThanOrEqual(mostPerAttempt);
}, 40_000);

/** The task that the signal caused is done. */
function settledAfter(events: readonly string[], before: number): boolean {
  const fresh = events.slice(before);
  return fresh.includes('workflowExecutionSignaled') && events.lastIndexOf('workflowTaskCompleted') >= before;
}

test('an instance that the provider refuses to show and to end costs no events, however long', async () => {
  const { world, client } = harness;
  const id = attemptWorkflowId('refused', 1);
  world.addJob('refused', { script: (runner) => runner.exit(0) });
  world.fault('refused', 'watchInstance', (call) => (call <= 3 ? 'auth' : null));
  world.fault('refused', 'terminateInstance', (call) => (call <= 6 ? 'auth' : null));
  expect((await (await harness.startJob('refused')).result()).state).toBe('succeeded');
  expect(world.called('terminateInstance', id)).toBe(7);
  const events = await eventsOf(client, id);
  expect(events.filter((name) => name.startsWith('timer'))).toEqual([]);
  expect(events.length).toBeLessThanOrEqual(40);
}, 60_000);

test('a bare attempt is cheap', async () => {
  const { world, client } = harness;
  world.addJob('bare', { script: (runner) => runner.exit(0) });
  await (await harness.startJob('bare')).result();
  expect((await eventsOf(client, attemptWorkflowId('bare', 1))).length).toBeLessThanOrEqual(40);
});

test('decisions: launches and waits', async () => {
  const { world, client } = harness;
  world.addJob('many', {
    retryOnExitCodes: [75],
    script: (runner) => runner.exit(runner.attempt <= 3 ? 75 : 0),
  });
  expect((await (await harness.startJob('many')).result()).state).toBe('succeeded');
  const decisions = [...world.decisions].filter(([key]) => key.startsWith('many ')).map(([, action]) => action.kind);
  expect(decisions.filter((kind) => kind === 'launch')).toHaveLength(4);
  expect(decisions).toContain('wait');
  const events = await eventsOf(client, failoverWorkflowId('many'));

  expect(events.length).toBeLessThanOrEqual(decisions.length * mostPerDecision);
}, 40_000);
