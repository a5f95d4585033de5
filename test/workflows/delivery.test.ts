import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeliveryState } from '../../core/jobs/delivery.ts';
import { attemptWorkflowId } from '../../workflows/contracts/index.ts';
import { until, type FakeRunner, type RunnerScript } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** The jobs' graces are short; besides them the workflow waits for 10 s. */
const timeoutMs = 60_000;
/** Enough looks that a workflow with history events for each of them would show. */
const looks = 20;

/** Stops its command on request, and delivers; the test decides how the delivery ends. */
const delivering =
  (onDelivery: (runner: FakeRunner) => Promise<void>): RunnerScript =>
  async (runner) => {
    await runner.hello();
    await runner.phase('training');
    await runner.stopAsked();
    runner.instance.delivery = 'under-way';
    await until(
      () => harness.world.called('awaitDelivery', runner.instance.handle.attemptId) >= looks,
      'looks',
      timeoutMs,
    );
    await onDelivery(runner);
  };

async function cancelled(jobId: string, script: RunnerScript): Promise<string> {
  const { world } = harness;
  const id = attemptWorkflowId(jobId, 1);
  world.addJob(jobId, { script });
  const handle = await harness.startJob(jobId);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  await world.cancelByApi(jobId);
  return (await handle.result()).state;
}

test.concurrent(
  'a cancelled attempt that delivers for longer than its graces is kept until all is there, in few events',
  async () => {
    const { world, client } = harness;
    const id = attemptWorkflowId('delivers', 1);
    let goneBefore: boolean | null = null;
    const state = await cancelled(
      'delivers',
      delivering(async (runner) => {
        goneBefore = runner.instance.gone;
        await runner.exit(143);
      }),
    );
    expect(state).toBe('cancelled');
    expect(goneBefore).toBe(false);
    expect(world.instances.get(id)).toMatchObject({ marker: { exitCode: 143 }, endedBy: 'itself' });
    expect((await eventsOf(client, id)).length).toBeLessThan(80);
  },
  timeoutMs,
);

test.concurrent(
  'so is one whose `maxHours` are over, and what it had finished stays finished',
  async () => {
    harness.world.addJob('delivers-late', {
      // The backstop's margin is 15 s.
      stopAtMs: Date.now() - 14_500,
      script: delivering((runner) => runner.exit(0)),
    });
    const { state } = await (await harness.startJob('delivers-late')).result();
    expect(state).toBe('succeeded');
  },
  timeoutMs,
);

const ends: readonly DeliveryState[] = ['stalled', 'overdue'];
for (const end of ends)
  test.concurrent(
    `a delivery that is ${end} is ended with its machine`,
    async () => {
      const jobId = `delivery-${end}`;
      const state = await cancelled(
        jobId,
        delivering(async ({ instance }) => {
          instance.delivery = end;
        }),
      );
      expect(state).toBe('cancelled');
      expect(harness.world.instances.get(attemptWorkflowId(jobId, 1))).toMatchObject({
        endedBy: 'request',
        marker: null,
      });
    },
    timeoutMs,
  );
