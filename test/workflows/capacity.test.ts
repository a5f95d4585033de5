import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId } from '../../workflows/contracts/index.ts';
import { until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

test('a job waits until the signal grants it its place, holding nothing', async () => {
  const { world } = harness;
  world.addJob('waiting');
  await world.setSlots(0);
  const handle = await harness.startJob('waiting');
  const id = attemptWorkflowId('waiting', 1);
  await until(() => world.called('awaitCapacity', id) > 0, 'the queue');
  expect(world.called('launchInstance', id)).toBe(0);
  await world.setSlots(100);
  expect((await handle.result()).state).toBe('succeeded');
  expect(await eventsOf(harness.client, id)).toContain('workflowExecutionSignaled');
});

test('without the signal the backstop finds out', async () => {
  const { world } = harness;
  world.addJob('unheard');
  await world.setSlots(0);
  const handle = await harness.startJob('unheard');
  const id = attemptWorkflowId('unheard', 1);
  await until(() => world.called('awaitCapacity', id) > 0, 'the queue');
  world.grantSilently(id);
  expect((await handle.result()).state).toBe('succeeded');
});

test('a cancelled job leaves the queue at once, and the next one gets the place', async () => {
  const { world } = harness;
  await world.setSlots(1);
  let go = false;
  world.addJob('first', {
    script: async (runner) => {
      await until(() => go, 'the word to end');
      await runner.exit(0);
    },
  });
  world.addJob('second');
  world.addJob('third');
  const first = await harness.startJob('first');
  await until(() => world.instances.has(attemptWorkflowId('first', 1)), 'the first');
  const second = await harness.startJob('second');
  await until(() => world.called('awaitCapacity', attemptWorkflowId('second', 1)) > 0, 'the queue');
  const third = await harness.startJob('third');
  await until(() => world.called('awaitCapacity', attemptWorkflowId('third', 1)) > 0, 'the queue');
  await world.cancelByApi('second');
  expect(await second.result()).toMatchObject({ state: 'cancelled' });
  expect(world.called('launchInstance', attemptWorkflowId('second', 1))).toBe(0);
  go = true;
  expect(await first.result()).toMatchObject({ state: 'succeeded' });
  expect(await third.result()).toMatchObject({ state: 'succeeded' });
});
