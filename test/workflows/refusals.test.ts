import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { attemptWorkflowId, controlQueue, failoverWorkflowId, wakeUpSignal } from '../../workflows/contracts/index.ts';
import type { spotFailover } from '../../workflows/index.ts';
import { until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';
import { localOffer } from './world.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** Number of timers for waits that the newest run has started. */
async function waitsOf(id: string): Promise<number> {
  if (harness.world.called('openAttempt', id) === 0) return 0;
  return (await eventsOf(harness.client, id)).filter((event) => event === 'timerStarted').length;
}
const endingsOf = (jobId: string) =>
  harness.world.attemptsOf(jobId).map(({ attempt, ending }) => [attempt, ending?.kind ?? null]);

/** A job whose provider has no capacity until the test grants it. */
function addScarceJob(jobId: string): { has: boolean } {
  const capacity = { has: false };
  harness.world.addJob(jobId);
  harness.world.fault(jobId, 'launchInstance', () => (capacity.has ? null : 'stockout'));
  return capacity;
}

test('waits under its own number, and is woken by news', async () => {
  const { world, client } = harness;
  const id = attemptWorkflowId('woken', 1);
  const capacity = addScarceJob('woken');
  const handle = await harness.startJob('woken');
  await until(async () => (await waitsOf(id)) === 1, 'the wait');
  // A wake-up without a change: the workflow looks again and keeps waiting.
  await client.workflow.getHandle(id).signal(wakeUpSignal);
  await until(async () => (await waitsOf(id)) === 2, 'the next wait');
  expect(world.called('launchInstance', id)).toBe(1);
  capacity.has = true;
  world.refusals.delete('woken');
  await client.workflow.getHandle(id).signal(wakeUpSignal);
  expect((await handle.result()).state).toBe('succeeded');
  expect(endingsOf('woken')).toEqual([[1, 'succeeded']]);
  expect(world.attemptsOf('woken')[0]?.launch).toBe(2);
  expect([...world.decisions.keys()].filter((key) => key.startsWith('woken '))).toHaveLength(2);
}, 30_000);

test('workers that die while it waits keep it from nothing', async () => {
  const { world, client } = harness;
  const id = attemptWorkflowId('no-worker', 1);
  const capacity = addScarceJob('no-worker');
  const handle = await harness.startJob('no-worker');
  await until(async () => (await waitsOf(id)) === 1, 'the wait');
  await harness.stopWorkers();
  capacity.has = true;
  world.refusals.delete('no-worker');
  await client.workflow.getHandle(id).signal(wakeUpSignal);
  await harness.startWorkers();
  expect((await handle.result()).state).toBe('succeeded');
  expect(endingsOf('no-worker')).toEqual([[1, 'succeeded']]);
}, 30_000);

test('what may have made something is looked for before the next offer is tried', async () => {
  const { world } = harness;
  const id = attemptWorkflowId('ambiguous', 1);
  const second = { ...localOffer, provider: 'local', region: 'elsewhere', instanceType: 'cpu-2' };
  world.addJob('ambiguous', { offers: [localOffer, second] });
  world.fault('ambiguous', 'launchInstance', (_, input) => (input === 'cpu' ? 'auth' : null));
  const handle = await harness.startJob('ambiguous');
  await until(async () => (await waitsOf(id)) === 1, 'the wait');
  const order = world.calls.filter((call) => call.endsWith(id)).map((call) => call.split(' ')[0]);
  expect(order).toEqual(['openAttempt', 'launchInstance', 'terminateInstance', 'nextLaunch']);
  await world.cancelByApi('ambiguous');
  expect((await handle.result()).state).toBe('cancelled');
}, 30_000);

test('a job that is terminated while its attempt waits: the attempt is taken over, and waits on', async () => {
  const { world, client } = harness;
  const id = attemptWorkflowId('taken', 1);
  const capacity = addScarceJob('taken');
  const handle = await harness.startJob('taken');
  await until(async () => (await waitsOf(id)) === 1, 'the wait');
  await client.workflow.getHandle(failoverWorkflowId('taken')).cancel();
  await until(() => world.called('openAttempt', id) === 2, 'the take-over');
  await until(async () => (await waitsOf(id)) === 1, 'its wait');
  capacity.has = true;
  world.refusals.delete('taken');
  await client.workflow.getHandle(id).signal(wakeUpSignal);
  expect((await handle.result()).state).toBe('succeeded');
  expect(endingsOf('taken')).toEqual([[1, 'succeeded']]);
  expect(world.instances.size).toBeGreaterThan(0);
}, 30_000);

/** Starts a job whose attempts continue as a new run after each wait. */
function startShort(jobId: string): Promise<WorkflowHandle<typeof spotFailover>> {
  return harness.client.workflow.start<typeof spotFailover>('spotFailover', {
    workflowId: failoverWorkflowId(jobId),
    taskQueue: controlQueue,
    args: [{ jobId, title: jobId, decision: 1, continueAfterDecisions: null, mostWaits: 1 }],
  });
}

async function newRunOf(jobId: string): Promise<string> {
  const attempt = harness.client.workflow.getHandle(attemptWorkflowId(jobId, 1));
  await until(async () => (await waitsOf(attempt.workflowId)) === 1, 'the wait');
  const { runId } = await attempt.describe();
  await attempt.signal(wakeUpSignal);
  await until(async () => (await attempt.describe()).runId !== runId, 'the new run');
  await until(async () => (await waitsOf(attempt.workflowId)) === 1, 'its wait');
  const first = await eventsOf(harness.client, attempt.workflowId, runId);
  expect(first.at(-1)).toBe('workflowExecutionContinuedAsNew');
  return runId;
}

test('a long wait begins its history anew, and goes on where it was', async () => {
  const { world, client } = harness;
  const capacity = addScarceJob('anew');
  const handle = await startShort('anew');
  await newRunOf('anew');
  expect(world.called('launchInstance', attemptWorkflowId('anew', 1))).toBe(1);
  capacity.has = true;
  world.refusals.delete('anew');
  await client.workflow.getHandle(attemptWorkflowId('anew', 1)).signal(wakeUpSignal);
  expect(await handle.result()).toMatchObject({ kind: 'finished', state: 'succeeded', attempt: 1 });
  expect(endingsOf('anew')).toEqual([[1, 'succeeded']]);
}, 30_000);

test('a cancel reaches an attempt that has begun its history anew', async () => {
  const { world } = harness;
  addScarceJob('anew-cancelled');
  const handle = await startShort('anew-cancelled');
  await newRunOf('anew-cancelled');
  const job = world.jobs.get('anew-cancelled');
  if (job === undefined) throw new Error('no job');
  job.cancelRequestedBy = 'user';
  await handle.cancel();
  expect(await handle.result()).toMatchObject({ kind: 'finished', state: 'cancelled' });
  expect(endingsOf('anew-cancelled')).toEqual([[1, 'cancelled']]);
}, 30_000);
