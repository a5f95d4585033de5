import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId, failoverWorkflowId } from '../../workflows/contracts/index.ts';
import { happyScript, type RunnerScript, until } from './fake-runner.ts';
import { type Harness, startHarness } from './harness.ts';
import { localOffer, type World } from './world.ts';

let harness: Harness;
let world: World;
beforeAll(async () => {
  harness = await startHarness();
  ({ world } = harness);
});
afterAll(() => harness.close());

const endings = (jobId: string) => world.attemptsOf(jobId).map(({ attempt, ending }) => [attempt, ending?.kind]);
const instance = (jobId: string, attempt: number) => world.instances.get(attemptWorkflowId(jobId, attempt));
const launched = (jobId: string, attempt: number) =>
  until(() => instance(jobId, attempt) !== undefined, `the launch of attempt ${attempt}`);

/** Says hello only after the warned attempt's end, because the API holds back the hello of a real runner until then. */
const followsOn =
  (jobId: string): RunnerScript =>
  async (runner) => {
    await until(() => (world.attemptsOf(jobId)[0]?.ending ?? null) !== null, 'the end of the warned attempt');
    await happyScript(runner);
  };

/** Trains until the notice, then runs `afterwards` beside its replacement. */
function warned(jobId: string, afterwards: RunnerScript, later = followsOn(jobId)): RunnerScript {
  return async (runner) => {
    if (runner.attempt > 1) return later(runner);
    await runner.hello();
    await runner.phase('training');
    await runner.notice();
    await launched(jobId, 2);
    return afterwards(runner);
  };
}
const waits: RunnerScript = (runner) => runner.stopAsked();

test.concurrent('the replacement of a warned attempt is there before that one ends, and finishes the job', async () => {
  let isAlive = false;
  world.addJob('warned', {
    script: warned('warned', async (runner) => {
      isAlive = !runner.instance.gone;
      runner.vanish('preemption');
    }),
  });
  const { state } = await (await harness.startJob('warned')).result();
  expect([state, isAlive]).toEqual(['succeeded', true]);
  expect(endings('warned')).toEqual([
    [1, 'preempted'],
    [2, 'succeeded'],
  ]);
  expect(world.attemptsOf('warned').at(1)?.reason).toBe('retry (preempted in local)');
});

test.concurrent('a warned attempt that ends the job after all: its replacement is dropped without a grace', async () => {
  world.addJob('after-all', { graceMs: 60_000, script: warned('after-all', (runner) => runner.exit(0), waits) });
  const { state, model } = await (await harness.startJob('after-all')).result();
  expect([state, model]).toEqual(['succeeded', { name: 'after-all', version: 1 }]);
  expect(endings('after-all')).toEqual([
    [1, 'succeeded'],
    [2, 'cancelled'],
  ]);
  expect(instance('after-all', 2)).toMatchObject({ gone: true, stopReason: 'not-needed' });
  expect(world.models.filter((key) => key.startsWith('after-all '))).toEqual(['after-all from attempt 1']);
});

test.concurrent('a cancel stops both, each with its grace', async () => {
  const exits: RunnerScript = async (runner) => {
    await runner.stopAsked();
    await runner.exit(143);
  };
  world.addJob('both', { script: warned('both', exits, exits) });
  const handle = await harness.startJob('both');
  await launched('both', 2);
  await world.cancelByApi('both');
  expect((await handle.result()).state).toBe('cancelled');
  expect([1, 2].map((attempt) => instance('both', attempt))).toMatchObject(
    [1, 2].map(() => ({ gone: true, stopReason: 'cancelled' })),
  );
});

test.concurrent('a replacement that cannot be had is looked for elsewhere, while the warned attempt still runs', async () => {
  const offers = [1000, 1500, 1800].map((priceUsdMicrosPerHour, index) => ({
    ...{ ...localOffer, spot: true, priceUsdMicrosPerHour },
    instanceType: `type-${index + 1}`,
  }));
  world.addJob('elsewhere', {
    offers,
    script: async (runner) => {
      if (runner.attempt > 1) return followsOn('elsewhere')(runner);
      await runner.hello();
      await runner.notice();
      await launched('elsewhere', 2);
      runner.vanish('preemption');
    },
  });
  world.fault('elsewhere', 'launchInstance', (_, input) => (input === 'type-2' ? 'stockout' : null));
  expect((await (await harness.startJob('elsewhere')).result()).state).toBe('succeeded');
  expect(endings('elsewhere')).toEqual([
    [1, 'preempted'],
    [2, 'succeeded'],
  ]);
  expect(world.attemptsOf('elsewhere')[1]).toMatchObject({ launch: 2, offer: { instanceType: 'type-3' } });
});

test.concurrent('all of them terminated while two attempts run: both are taken over, and nothing is launched twice', async () => {
  const word = { go: false };
  world.addJob('cut-off', {
    script: warned(
      'cut-off',
      async (runner) => {
        await until(() => word.go, 'the word');
        runner.vanish('preemption');
      },
      async (runner) => {
        await until(() => word.go && instance('cut-off', 1)?.gone === true, 'its turn');
        await happyScript(runner);
      },
    ),
  });
  const first = await harness.startJob('cut-off');
  await until(() => world.called('watchInstance', attemptWorkflowId('cut-off', 2)) > 0, 'the watch');
  await first.terminate('by the test');
  await harness.client.workflow
    .getHandle(failoverWorkflowId('cut-off'))
    .terminate('by the test')
    .catch(() => null);
  const adopted = await harness.startJob('cut-off', true);
  for (const attempt of [1, 2]) {
    const id = attemptWorkflowId('cut-off', attempt);
    await until(() => world.called('openAttempt', id) >= 2, `the take-over of attempt ${attempt}`);
  }
  word.go = true;
  expect((await adopted.result()).state).toBe('succeeded');
  // The first attempt may still wait for the proof of its end when the second succeeds; then it is cancelled.
  expect(endings('cut-off')).toEqual([
    [1, expect.stringMatching(/^(preempted|cancelled)$/)],
    [2, 'succeeded'],
  ]);
  expect(world.instances.has(attemptWorkflowId('cut-off', 3))).toBe(false);
}, 40_000);
