import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkScheduleId, controlQueue } from '../../workflows/contracts/index.ts';
import type { checkProvider } from '../../workflows/index.ts';
import { CloudWorld } from './cloud-world.ts';

let world: CloudWorld;
beforeAll(async () => {
  world = await CloudWorld.start();
}, 60_000);
afterAll(() => world.close());

const check = (run: number) =>
  world.client.workflow.execute<typeof checkProvider>('checkProvider', {
    workflowId: `${checkScheduleId('simulated')}-${run}`,
    taskQueue: controlQueue,
    args: [{ provider: 'simulated' }],
  });

test('what the provider says stands in its row', async () => {
  const before = new Date();
  expect(await check(1)).toEqual({ usable: true });
  const row = await world.store.providers.find('simulated');
  expect(row).toMatchObject({ usable: true, problem: null, clockSkewMs: expect.any(Number) });
  expect(row?.checkedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
  await world.faults({ operation: 'any', fault: { kind: 'expired-credential' } });
  expect(await check(2)).toEqual({ usable: false });
  expect(await world.store.providers.find('simulated')).toMatchObject({ usable: false, problem: 'credentials' });
});
