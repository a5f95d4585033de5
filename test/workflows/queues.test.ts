import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId } from '../../workflows/contracts.ts';
import { until } from './fake-runner.ts';
import { startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
}, 60_000);
afterAll(() => harness.close());

test('a crowd of launches that hang delays neither the look at a machine nor its end', async () => {
  const { world } = harness;
  const word = { go: false };
  world.addJob('runs', {
    script: async (runner) => {
      await runner.hello();
      const instance = world.instances.get(attemptWorkflowId('runs', 1));
      await until(() => instance?.stopReason === 'cancelled', 'the stop', 100_000);
      await runner.exit(143);
    },
  });
  const running = await harness.startJob('runs');
  const attemptId = attemptWorkflowId('runs', 1);
  await until(() => world.called('watchInstance', attemptId) > 0, 'the machine');
  const crowd = Array.from({ length: 40 }, (_, index) => `crowd-${index}`);
  for (const id of crowd) {
    world.addJob(id);
    world.fault(id, 'launchInstance', async () => {
      await until(() => word.go, 'the word to launch', 60_000);
      return null;
    });
  }
  const launched = () => crowd.filter((id) => world.called('launchInstance', attemptWorkflowId(id, 1)) > 0).length;
  const handles = await Promise.all(crowd.map((id) => harness.startJob(id)));
  await until(() => launched() === 20, 'launches in all of their slots', 30_000);
  const looked = world.called('watchInstance', attemptId);
  await until(() => world.called('watchInstance', attemptId) > looked, 'the next look');
  await world.cancelByApi('runs');
  expect(await running.result()).toMatchObject({ state: 'cancelled' });
  expect(world.called('terminateInstance', attemptId)).toBeGreaterThan(0);
  // not one of them has moved meanwhile
  expect(launched()).toBe(20);
  word.go = true;
  expect((await Promise.all(handles.map((handle) => handle.result()))).map(({ state }) => state)).toEqual(
    crowd.map(() => 'succeeded'),
  );
}, 120_000);
