import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptWorkflowId, controlQueue, failoverWorkflowId } from '../../workflows/contracts/index.ts';
import type { spotFailover } from '../../workflows/index.ts';
import { happyScript, until } from './fake-runner.ts';
import { type Harness, startHarness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

test('a job that ends while no worker is there is settled by the next one', async () => {
  const { world } = harness;
  world.addJob('no-worker', {
    script: async (runner) => {
      await runner.hello();
      await runner.stopAsked();
    },
  });
  const handle = await harness.startJob('no-worker');
  const id = attemptWorkflowId('no-worker', 1);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  await harness.stopWorkers();
  const instance = world.instances.get(id);
  if (instance === undefined) throw new Error('no instance');
  instance.marker = { exitCode: 0 };
  instance.gone = true;
  instance.endedBy = 'itself';
  await harness.startWorkers();
  expect(await handle.result()).toMatchObject({ state: 'succeeded' });
  expect(world.attemptsOf('no-worker')).toHaveLength(1);
});

test('the step of a worker that died is done again after seconds', async () => {
  const { world } = harness;
  const isOver = Promise.withResolvers<null>();
  world.addJob('dead-worker');
  // Like a killed process: no answer and no end.
  world.fault('dead-worker', 'prepareJob', (call) => (call === 1 ? isOver.promise : null));
  const handle = await harness.startJob('dead-worker');
  try {
    await until(() => world.called('prepareJob', 'dead-worker') === 1, 'the step');
    // The activity's total timeout is a minute, longer than the test may take.
    expect(await handle.result()).toMatchObject({ state: 'succeeded' });
    expect(world.called('prepareJob', 'dead-worker')).toBe(2);
  } finally {
    isOver.resolve(null);
  }
});

test.each([
  { kind: 'watch', reason: 'Attempt 1 is under way.' },
  { kind: 'wait', waitMs: 3_600_000, reason: 'until something changes' },
] as const)('an old $kind, told again after a worker died, keeps nobody from what has happened since', async (old) => {
  const { world, client } = harness;
  const id = `old-${old.kind}`;
  world.addJob(id);
  // Decided and stored while the attempt ran. The worker died before it answered, and the attempt has ended since.
  world.decisions.set(`${id} 2`, old);
  const handle = await client.workflow.start<typeof spotFailover>('spotFailover', {
    ...{ workflowId: failoverWorkflowId(id), taskQueue: controlQueue },
    args: [{ jobId: id, title: id, decision: 1, continueAfterDecisions: null }],
  });
  expect(await handle.result()).toMatchObject({ state: 'succeeded', attempt: 1 });
  expect(decisionsOf(id)).toBe(3);
});

test('a cancel while no worker is there is heard by the next one', async () => {
  const { world } = harness;
  world.addJob('cancel-no-worker', {
    script: async (runner) => {
      await runner.stopAsked();
      await runner.exit(143);
    },
  });
  const handle = await harness.startJob('cancel-no-worker');
  await until(() => world.called('watchInstance', attemptWorkflowId('cancel-no-worker', 1)) > 0, 'the watch');
  await harness.stopWorkers();
  await world.cancelByApi('cancel-no-worker');
  await harness.startWorkers();
  expect(await handle.result()).toMatchObject({ state: 'cancelled' });
  expect(world.instances.get(attemptWorkflowId('cancel-no-worker', 1))?.gone).toBe(true);
});

test('a cancel before the first worker: nothing is launched', async () => {
  const { world } = harness;
  world.addJob('cancel-first');
  await harness.stopWorkers();
  const handle = await harness.startJob('cancel-first');
  await world.cancelByApi('cancel-first');
  await harness.startWorkers();
  expect(await handle.result()).toMatchObject({ state: 'cancelled' });
  expect(world.attemptsOf('cancel-first')).toEqual([]);
});

test('the failover continues as new between attempts and numbers go on', async () => {
  const { world, client } = harness;
  world.addJob('long', {
    retryOnExitCodes: [75],
    script: (runner) => (runner.attempt < 3 ? runner.exit(75) : happyScript(runner)),
  });
  const handle = await client.workflow.start<typeof spotFailover>('spotFailover', {
    workflowId: failoverWorkflowId('long'),
    taskQueue: controlQueue,
    args: [{ jobId: 'long', title: 'long', decision: 1, continueAfterDecisions: 1 }],
  });
  expect(await handle.result()).toEqual({ kind: 'finished', state: 'succeeded', attempt: 3, reason: 'Done.' });
  expect(world.attemptsOf('long').map(({ attempt, ending }) => [attempt, ending?.kind])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'succeeded'],
  ]);
  const runs: string[] = [];
  const query = `WorkflowId = "${failoverWorkflowId('long')}"`;
  await until(async () => {
    runs.length = 0;
    for await (const run of client.workflow.list({ query })) runs.push(run.status.name);
    return runs.includes('COMPLETED');
  }, 'the last run in the visibility store');
  expect(runs.filter((status) => status === 'CONTINUED_AS_NEW')).toHaveLength(decisionsOf('long') - 1);
});

function decisionsOf(jobId: string): number {
  return [...harness.world.decisions.keys()].filter((key) => key.startsWith(`${jobId} `)).length;
}
