import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  attemptWorkflowId,
  controlQueue,
  failoverWorkflowId,
  trainingJobWorkflowId,
} from '../../workflows/contracts/index.ts';
import type { spotFailover } from '../../workflows/index.ts';
import { type RunnerScript, until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** Starts a job that trains until `go`, and waits until it is watched. */
async function startTraining(
  jobId: string,
): Promise<{ finish: () => void; handle: Awaited<ReturnType<Harness['startJob']>> }> {
  const word = { go: false };
  const script: RunnerScript = async (runner) => {
    await runner.hello();
    await runner.phase('training');
    await until(() => word.go || runner.instance.stopReason !== null, 'the word to end');
    await runner.exit(word.go ? 0 : 143);
  };
  harness.world.addJob(jobId, { script });
  const handle = await harness.startJob(jobId);
  await until(() => harness.world.called('watchInstance', attemptWorkflowId(jobId, 1)) > 0, 'the watch');
  return { finish: () => (word.go = true), handle };
}

async function statusOf(workflowId: string): Promise<string> {
  return (await harness.client.workflow.getHandle(workflowId).describe()).status.name;
}

async function settled(jobId: string) {
  await until(() => harness.world.jobs.get(jobId)?.settled !== null, `the end of ${jobId}`);
  await until(async () => (await statusOf(trainingJobWorkflowId(jobId))) === 'COMPLETED', 'the close of the workflow');
  return harness.world.jobs.get(jobId)?.settled;
}

/** Expects a single attempt with a single launched instance that the platform never stopped. */
function expectOneUninterruptedAttempt(jobId: string): void {
  const { world } = harness;
  expect(world.attemptsOf(jobId).map(({ attempt, ending }) => [attempt, ending?.kind])).toEqual([[1, 'succeeded']]);
  expect(world.instances.get(attemptWorkflowId(jobId, 1))).toMatchObject({ stopReason: null, endedBy: 'itself' });
  expect(world.instances.has(attemptWorkflowId(jobId, 2))).toBe(false);
  expect(world.models.filter((key) => key.startsWith(`${jobId} `))).toEqual([`${jobId} from attempt 1`]);
}

test.concurrent('terminated job: everything lets go, nothing stops; adopted, it ends as if nothing had been', async () => {
  const { client } = harness;
  const { finish, handle } = await startTraining('end-job');
  await handle.terminate('by the test');
  await until(async () => (await statusOf(attemptWorkflowId('end-job', 1))) !== 'RUNNING', 'the attempt to let go');
  expect(await client.workflow.getHandle(attemptWorkflowId('end-job', 1)).result()).toEqual({ kind: 'detached' });
  expect(await client.workflow.getHandle<typeof spotFailover>(failoverWorkflowId('end-job')).result()).toEqual({
    kind: 'detached',
  });
  expect(harness.world.instances.get(attemptWorkflowId('end-job', 1))?.gone).toBe(false);

  const adopted = await harness.startJob('end-job', true);
  await until(() => harness.world.called('openAttempt', attemptWorkflowId('end-job', 1)) === 2, 'the take-over');
  finish();
  expect(await adopted.result()).toMatchObject({ state: 'succeeded' });
  expectOneUninterruptedAttempt('end-job');
});

test.concurrent('terminated and adopted, and the training has ended in between', async () => {
  const { world } = harness;
  const { finish, handle } = await startTraining('end-between');
  await handle.terminate('by the test');
  await until(async () => (await statusOf(attemptWorkflowId('end-between', 1))) !== 'RUNNING', 'the attempt to let go');
  finish();
  await until(() => world.instances.get(attemptWorkflowId('end-between', 1))?.gone === true, 'the end');
  expect(await (await harness.startJob('end-between', true)).result()).toMatchObject({ state: 'succeeded' });
  expectOneUninterruptedAttempt('end-between');
});

test.concurrent('terminated, then cancelled while nobody was there: the adopter stops what runs', async () => {
  const { world } = harness;
  const { handle } = await startTraining('end-cancel');
  await handle.terminate('by the test');
  await until(async () => (await statusOf(attemptWorkflowId('end-cancel', 1))) !== 'RUNNING', 'the attempt to let go');
  await world.cancelByApi('end-cancel');
  expect(await (await harness.startJob('end-cancel', true)).result()).toMatchObject({ state: 'cancelled' });
  expect(world.instances.get(attemptWorkflowId('end-cancel', 1))).toMatchObject({
    stopReason: 'cancelled',
    marker: { exitCode: 143 },
  });
  expect(world.attemptsOf('end-cancel')).toHaveLength(1);
});

test.concurrent('adopted at the very moment of the terminate', async () => {
  const { finish, handle } = await startTraining('end-at-once');
  await handle.terminate('by the test');
  const adopted = await harness.startJob('end-at-once', true);
  await until(() => harness.world.called('openAttempt', attemptWorkflowId('end-at-once', 1)) === 2, 'the take-over');
  finish();
  expect(await adopted.result()).toMatchObject({ state: 'succeeded' });
  expectOneUninterruptedAttempt('end-at-once');
});

test.concurrent.each([
  ['end-failover', failoverWorkflowId('end-failover')],
  ['end-attempt', attemptWorkflowId('end-attempt', 1)],
])('%s: a terminated child is started again and takes over', async (jobId, workflowId) => {
  const { finish } = await startTraining(jobId);
  await harness.client.workflow.getHandle(workflowId).terminate('by the test');
  await until(() => harness.world.called('openAttempt', attemptWorkflowId(jobId, 1)) === 2, 'the take-over');
  finish();
  expect(await settled(jobId)).toMatchObject({ state: 'succeeded' });
  expectOneUninterruptedAttempt(jobId);
});

// The server (1.32) closes a reset run without its parent close policy, so its children keep running. A run reset to a
// point after the start of its child is joined to the child again; a run reset to an earlier point finds the id in use.
test.concurrent.each([
  ['reset-job-first', trainingJobWorkflowId('reset-job-first'), 'first'],
  ['reset-job-last', trainingJobWorkflowId('reset-job-last'), 'last'],
  ['reset-failover-first', failoverWorkflowId('reset-failover-first'), 'first'],
  ['reset-failover-last', failoverWorkflowId('reset-failover-last'), 'last'],
  ['reset-attempt-first', attemptWorkflowId('reset-attempt-first', 1), 'first'],
  ['reset-attempt-last', attemptWorkflowId('reset-attempt-last', 1), 'last'],
])('%s: the training runs on and ends once', async (jobId, workflowId, where) => {
  const { finish } = await startTraining(jobId);
  const events = await eventsOf(harness.client, workflowId);
  const index =
    where === 'first' ? events.indexOf('workflowTaskCompleted') : events.lastIndexOf('workflowTaskCompleted');
  const runId = await harness.reset(workflowId, index + 1);
  await until(async () => (await eventsOf(harness.client, workflowId, runId)).length > index + 1, 'the new run');
  finish();
  expect(await settled(jobId)).toMatchObject({ state: 'succeeded' });
  expectOneUninterruptedAttempt(jobId);
});

test.concurrent('reset, then cancelled: stopped with its grace', async () => {
  const { world } = harness;
  await startTraining('reset-cancel');
  await harness.reset(trainingJobWorkflowId('reset-cancel'), 4);
  await world.cancelByApi('reset-cancel');
  expect(await settled('reset-cancel')).toMatchObject({ state: 'cancelled' });
  expect(world.instances.get(attemptWorkflowId('reset-cancel', 1))).toMatchObject({
    stopReason: 'cancelled',
    marker: { exitCode: 143 },
  });
});

test.concurrent('a child id that is taken by a run of nobody: it is asked to let go, then ours starts', async () => {
  const { world, client } = harness;
  const jobId = 'taken';
  const word = { go: false };
  world.addJob(jobId, {
    script: async (runner) => {
      await until(() => word.go, 'the word to end');
      await runner.exit(0);
    },
  });
  await client.workflow.start<typeof spotFailover>('spotFailover', {
    workflowId: failoverWorkflowId(jobId),
    taskQueue: controlQueue,
    args: [{ jobId, title: jobId, decision: 1, continueAfterDecisions: null }],
  });
  const id = attemptWorkflowId(jobId, 1);
  await until(() => world.called('watchInstance', id) > 0, 'the watch');
  await harness.startJob(jobId);
  await until(() => world.called('openAttempt', id) === 2, 'the take-over');
  word.go = true;
  expect(await settled(jobId)).toMatchObject({ state: 'succeeded' });
  expect(world.called('awaitWorkflowClosed', failoverWorkflowId(jobId))).toBeGreaterThan(0);
  expectOneUninterruptedAttempt(jobId);
});
