import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bootstrapOf } from '../../../activities/launching/bootstrap.ts';
import { ActivityWorld, keyPepper } from '../world.ts';

let world: ActivityWorld;
let attemptId: string;
beforeAll(async () => {
  world = await ActivityWorld.make();
  const { id } = await world.addJob();
  attemptId = await world.addAttempt(id);
});
afterAll(() => world.close());

const runner = {
  apiUrl: 'http://127.0.0.1:1',
  onThisMachine: { providers: new Set<string>(), endpointsFile: null, sharedRoot: null },
  ...{ keyPepper, heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
};
/** The bootstrap of a launch try that runs in the span. */
const tellIn = async (span: string | null) =>
  bootstrapOf(
    { runner, store: world.store, traceparent: () => span },
    'simulated',
    await world.store.attempts.get(attemptId),
  );
const spanOf = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

test('a launch that was tried without traces stays without them', async () => {
  const first = await tellIn(null);
  expect(first).not.toHaveProperty('traceparent');
  await world.store.reconcile.launchTried(attemptId, new Date());
  expect(await tellIn(spanOf('1'))).toEqual(first);
});

test('each try tells the machine the same, the span of the first one included', async () => {
  // The launch was refused, so the next one has its own client token.
  await world.store.reconcile.launchTried(attemptId, null);
  const first = await tellIn(spanOf('2'));
  expect(first).toMatchObject({ attemptId, traceparent: spanOf('2') });
  for (const later of [spanOf('3'), null]) expect(await tellIn(later)).toEqual(first);
});
