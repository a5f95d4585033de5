import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId } from '../../workflows/contracts/index.ts';
import { until } from './fake-runner.ts';
import { startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
}, 60_000);
afterAll(() => harness.close());

const slots = 20;

test('a crowd of launches that hang delays neither the look at a machine nor its end', async () => {
  const { world } = harness;
  const word = { go: false };
  const attemptId = attemptWorkflowId('runs', 1);
  world.addJob('runs', {
    script: async (runner) => {
      await runner.hello();
      await until(() => world.instances.get(attemptId)?.stopReason === 'cancelled', 'the stop', 100_000);
      await runner.exit(143);
    },
  });
  const running = await harness.startJob('runs');
  await until(() => world.called('watchInstance', attemptId) > 0, 'the machine', 60_000);
  const crowd = Array.from({ length: slots + 8 }, (_, index) => `crowd-${index}`);
  for (const id of crowd) {
    world.addJob(id);
    world.fault(id, 'launchInstance', async () => {
      await until(() => word.go, 'the word to launch', 100_000);
      return null;
    });
  }
  const launched = () => crowd.filter((id) => world.called('launchInstance', attemptWorkflowId(id, 1)) > 0).length;
  const handles = await Promise.all(crowd.map((id) => harness.startJob(id)));
  await until(() => launched() === slots, 'launches in all of their slots', 60_000);
  const looked = world.called('watchInstance', attemptId);
  await until(() => world.called('watchInstance', attemptId) > looked, 'the next look', 60_000);
  await world.cancelByApi('runs');
  expect(await running.result()).toMatchObject({ state: 'cancelled' });
  expect(world.called('terminateInstance', attemptId)).toBeGreaterThan(0);
  // No launch has got a slot in the meantime.
  expect(launched()).toBe(slots);
  word.go = true;
  const ended = await Promise.all(handles.map((handle) => handle.result()));
  expect(ended.map(({ state }) => state)).toEqual(crowd.map(() => 'succeeded'));
}, 240_000);
