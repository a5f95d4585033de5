import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spotWithFallback } from '../../core/failover/policy.ts';
import { holdBack } from '../../core/signals/hold-back.ts';
import { failoverWorkflowId, wakeUpSignal } from '../../workflows/contracts/index.ts';
import { until } from './fake-runner.ts';
import { type Harness, startHarness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

test('a held failover launches nothing and goes on at once when it is woken', async () => {
  const { world, client } = harness;
  let heldAt: Date | null = new Date();
  world.policy = {
    version: 'held',
    decide: (state) => holdBack(spotWithFallback.decide(state), { heldAt, stopAtMs: null, nowMs: state.nowMs }),
  };
  world.addJob('held');
  const handle = await harness.startJob('held');
  const decisions = () => [...world.decisions].filter(([key]) => key.startsWith('held ')).map(([, { kind }]) => kind);
  await until(() => decisions().length > 0, 'the wait');
  const failover = client.workflow.getHandle(failoverWorkflowId('held'));

  // Longer than the test may take.
  expect(world.decisions.get('held 1')).toMatchObject({ kind: 'wait', waitMs: 600_000 });
  // A wake-up without a change: the workflow looks again and keeps waiting.
  await failover.signal(wakeUpSignal);
  await until(() => decisions().length > 1, 'another look');
  expect(world.attemptsOf('held')).toEqual([]);

  heldAt = null;
  await failover.signal(wakeUpSignal);
  await failover.signal(wakeUpSignal);
  expect((await handle.result()).state).toBe('succeeded');
  expect(decisions().filter((kind) => kind === 'launch')).toHaveLength(1);
  const { events } = await failover.fetchHistory();
  expect(events?.length ?? 0).toBeLessThanOrEqual(12 * decisions().length);
}, 60_000);
