import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  attemptWorkflowId,
  failoverWorkflowId,
  launchQueue,
  trainingJobWorkflowId,
} from '../../workflows/contracts/index.ts';
import { happyScript, until } from './fake-runner.ts';
import { type Harness, startHarness, testMachine } from './harness.ts';
import { localOffer } from './world.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

function endings(jobId: string): [number, string | undefined][] {
  return harness.world.attemptsOf(jobId).map(({ attempt, ending }) => [attempt, ending?.kind]);
}

test.concurrent('a runner that goes on after `maxHours` is stopped, then ended', async () => {
  const { world } = harness;
  world.addJob('endless', {
    // The backstop's margin is 15 s.
    stopAtMs: Date.now() - 14_500,
    script: async (runner) => {
      await runner.hello();
      await runner.stopAsked();
    },
  });
  const { state } = await (await harness.startJob('endless')).result();
  expect(state).toBe('timed-out');
  const instance = world.instances.get(attemptWorkflowId('endless', 1));
  expect(instance).toMatchObject({ stopReason: 'max-hours', gone: true });
}, 40_000);

test.concurrent('runs once, registers its model and settles; the Web UI can tell it all', async () => {
  const { world, client } = harness;
  world.addJob('happy');
  const handle = await harness.startJob('happy');
  expect(await handle.result()).toEqual({
    state: 'succeeded',
    message: 'Done.',
    model: { name: 'happy', version: 1 },
  });
  expect(endings('happy')).toEqual([[1, 'succeeded']]);
  expect(world.calls.filter((call) => call.startsWith('launchInstance happy'))).toHaveLength(1);

  const attempt = await client.workflow.getHandle(attemptWorkflowId('happy', 1)).describe();
  expect(await attempt.staticSummary()).toBe('attempt 1 on local cpu: first attempt');
  const metadata = await client.workflow
    .getHandle(attemptWorkflowId('happy', 1))
    .query<{ currentDetails: string }>('__temporal_workflow_metadata');
  for (const part of [
    'Job: **happy**',
    'Service: **service-of-the-test**',
    'Phase: **succeeded**',
    'training begins',
  ]) {
    expect(metadata.currentDetails).toContain(part);
  }
  const found = Object.fromEntries(attempt.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  expect(found).toMatchObject({
    Kind: 'trainingAttempt',
    JobId: 'happy',
    Service: 'service-of-the-test',
    Provider: 'local',
    Phase: 'succeeded',
    Attempt: 1,
  });
});

test.concurrent('finds the end by the provider when every signal of the runner is lost', async () => {
  const { world } = harness;
  world.addJob('deaf', {
    script: async ({ instance }) => {
      instance.marker = { exitCode: 0 };
      instance.gone = true;
      instance.endedBy = 'itself';
    },
  });
  const handle = await harness.startJob('deaf');
  expect((await handle.result()).state).toBe('succeeded');
});

test.concurrent('makes new attempts after a lost and a killed one, each with the next number', async () => {
  const { world } = harness;
  world.addJob('stubborn', {
    script: async (runner) => {
      if (runner.attempt === 1) return runner.vanish('unknown');
      if (runner.attempt === 2) return runner.exit(null);
      return happyScript(runner);
    },
  });
  const handle = await harness.startJob('stubborn');
  expect((await handle.result()).state).toBe('succeeded');
  expect(endings('stubborn')).toEqual([
    [1, 'lost'],
    [2, 'killed'],
    [3, 'succeeded'],
  ]);
  // The next instance starts only after the old one is proved gone.
  const order = world.calls.filter((call) => /^(launch|terminate)Instance stubborn/.test(call));
  expect(order).toEqual(
    [1, 2, 3].flatMap((n) => [`launchInstance stubborn/attempt-${n}`, `terminateInstance stubborn/attempt-${n}`]),
  );
});

test.concurrent('ends a machine that nobody hears, and goes on only when it is proved gone', async () => {
  const { world } = harness;
  world.addJob('silent', {
    script: async (runner) => {
      if (runner.attempt > 1) return happyScript(runner);
      await runner.hello();
      await runner.phase('training');
      runner.fallSilent();
    },
  });
  world.fault('silent', 'terminateInstance', (call) => (call === 1 ? 'not-ready' : null));
  expect((await (await harness.startJob('silent')).result()).state).toBe('succeeded');
  expect(world.attemptsOf('silent').map(({ ending }) => [ending?.kind, ending?.evidence])).toEqual([
    ['lost', 'fell-silent'],
    ['succeeded', undefined],
  ]);
  const order = world.calls.filter((call) => /^(launch|terminate)Instance silent/.test(call));
  expect(order.slice(0, 4)).toEqual([
    ...['launchInstance silent/attempt-1', 'terminateInstance silent/attempt-1'],
    ...['terminateInstance silent/attempt-1', 'launchInstance silent/attempt-2'],
  ]);
});

test.concurrent('takes the next offer when the first has no capacity', async () => {
  const { world } = harness;
  const second = { ...localOffer, instanceType: 'cpu-2' };
  world.addJob('stockout', { offers: [localOffer, second] });
  world.fault('stockout', 'launchInstance', (_, input) => (input === localOffer.instanceType ? 'stockout' : null));
  const handle = await harness.startJob('stockout');
  expect((await handle.result()).state).toBe('succeeded');
  expect(endings('stockout')).toEqual([[1, 'succeeded']]);
  expect(world.attemptsOf('stockout').map(({ offer, launch }) => [offer.instanceType, launch])).toEqual([['cpu-2', 2]]);
});

test.concurrent('outlives passing faults of every activity', async () => {
  const { world } = harness;
  world.addJob('bumpy');
  for (const name of ['prepareJob', 'launchInstance', 'watchInstance', 'terminateInstance', 'registerModel'] as const) {
    world.fault('bumpy', name, (call) => (call === 1 ? 'unavailable' : null));
  }
  for (const name of ['decideNext', 'openAttempt', 'collectAttempt', 'settleAttempt', 'settleJob'] as const) {
    // Two failures in a row: the local activity gives up, and the server takes over the retries.
    world.fault('bumpy', name, (call) => (call <= 2 ? 'unavailable' : null));
  }
  const handle = await harness.startJob('bumpy');
  expect((await handle.result()).state).toBe('succeeded');
  expect(endings('bumpy')).toEqual([[1, 'succeeded']]);
  expect(world.models).toContain('bumpy from attempt 1');
});

test.concurrent('goes on asking for the proof that the instance is gone, although it is refused', async () => {
  const { world, client } = harness;
  world.addJob('refused');
  world.fault('refused', 'terminateInstance', (call) => (call === 1 ? 'auth' : null));
  const handle = await harness.startJob('refused');
  const id = attemptWorkflowId('refused', 1);
  await until(() => world.called('terminateInstance', id) === 1, 'the first try');
  const refusals = async () =>
    (await client.workflow.getHandle(id).describe()).raw.pendingActivities?.map((one) => one.lastFailure?.message);
  await until(async () => (await refusals())?.join().includes('auth') === true, 'the refusal, as Temporal shows it');
  expect(world.attemptsOf('refused')[0]?.ending).toBeNull();
  expect(world.jobs.get('refused')?.settled).toBeNull();
  expect((await handle.result()).state).toBe('succeeded');
  expect(world.called('terminateInstance', id)).toBe(2);
});

test.concurrent('bad input is said before anything is launched', async () => {
  const { world } = harness;
  world.addJob('invalid');
  world.fault('invalid', 'prepareJob', () => 'validation-failed');
  const handle = await harness.startJob('invalid');
  expect(await handle.result()).toEqual({
    state: 'failed',
    message: 'prepareJob was told to fail: validation-failed',
    model: null,
  });
  expect(world.attemptsOf('invalid')).toEqual([]);
});

test.concurrent('exit code', async () => {
  const { world } = harness;
  world.addJob('exit-3', { script: (runner) => runner.exit(3) });
  const { state, message } = await (await harness.startJob('exit-3')).result();
  expect(state).toBe('failed');
  expect(message).toContain('3');
  expect(endings('exit-3')).toEqual([[1, 'failed']]);
});

test.concurrent('a refused model', async () => {
  const { world } = harness;
  world.addJob('corrupt');
  world.fault('corrupt', 'registerModel', () => 'model-rejected');
  expect(await (await harness.startJob('corrupt')).result()).toEqual({
    state: 'failed',
    message: 'registerModel was told to fail: model-rejected',
    model: null,
  });
});

test.concurrent('a launch that the provider refuses', async () => {
  const { world } = harness;
  world.addJob('wrong');
  world.fault('wrong', 'launchInstance', () => 'invalid-request');
  const { state, message } = await (await harness.startJob('wrong')).result();
  expect({ state, message }).toEqual({ state: 'failed', message: 'launchInstance was told to fail: invalid-request' });
  // An unknown outcome could hide an instance, so its absence must be proved anyway.
  expect(world.called('terminateInstance', attemptWorkflowId('wrong', 1))).toBeGreaterThan(0);
});

test.concurrent('a fault in the middle leaves no instance and no open attempt', async () => {
  const { world } = harness;
  world.addJob('fault');
  world.fault('fault', 'collectAttempt', () => 'internal');
  const { state, message } = await (await harness.startJob('fault')).result();
  expect(state).toBe('failed');
  expect(message).toContain('collectAttempt was told to fail');
  expect(world.instances.get(attemptWorkflowId('fault', 1))?.gone).toBe(true);
  expect(endings('fault')).toEqual([[1, 'failed']]);
});

test.concurrent('three quick losses in a row', async () => {
  const { world } = harness;
  world.addJob('lossy', { script: async (runner) => runner.vanish('unknown') });
  const { state, message } = await (await harness.startJob('lossy')).result();
  expect(state).toBe('failed');
  expect(message).toContain('3 attempts in a row');
  expect(endings('lossy')).toHaveLength(3);
});

test.concurrent('a settled job is not run again', async () => {
  const { world } = harness;
  world.addJob('again', { script: (runner) => runner.exit(0) });
  const first = await (await harness.startJob('again')).result();
  expect(await (await harness.startJob('again')).result()).toEqual(first);
  expect(endings('again')).toEqual([[1, 'succeeded']]);
  expect(world.called('settleJob', 'again')).toBe(1);
  await expect(harness.client.workflow.getHandle(failoverWorkflowId('again')).describe()).resolves.toBeDefined();
  expect(trainingJobWorkflowId('again')).toBe('training-job/again');
});

test('what is done with an instance of one machine is done there; the launch is for any', async () => {
  const { world, client } = harness;
  world.region = testMachine;
  world.addJob('on-a-machine');
  expect((await (await harness.startJob('on-a-machine')).result()).state).toBe('succeeded');
  world.region = 'local';
  const { events } = await client.workflow.getHandle(attemptWorkflowId('on-a-machine', 1)).fetchHistory();
  const queues = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === undefined ? [] : [[scheduled.activityType.name, scheduled.taskQueue?.name]],
  );
  expect(queues).toEqual([
    ['tryLaunch', launchQueue('local')],
    ['watchInstance', testMachine],
    ['terminateInstance', testMachine],
  ]);
});
