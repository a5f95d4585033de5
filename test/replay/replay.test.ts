import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { spotWithFallback } from '../../core/failover/policy.ts';
import { attemptWorkflowId, failoverWorkflowId } from '../../workflows/contracts/index.ts';
import { testTemporal } from '../setup/temporal.ts';
import { until } from '../workflows/fake-runner.ts';
import { type Harness, startHarness } from '../workflows/harness.ts';

const folder = new URL('./histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

function historyOf(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

let harness: Harness;
let codePath = '';
beforeAll(async () => {
  harness = await startHarness();
  codePath = (await testTemporal()).workflowBundlePath;
});
afterAll(() => harness.close());

test('there are histories of every workflow', () => {
  for (const kind of ['job', 'failover', 'attempt']) {
    expect(names.filter((name) => name.endsWith(`.${kind}.json`)).length).toBeGreaterThanOrEqual(5);
  }
  expect(names.filter((name) => name.endsWith('.reconcile.json'))).toHaveLength(2);
});

test.each([
  ['warned-and-replaced.failover.json', 'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED', 2],
  ['replacement-not-needed.attempt.json', 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED', 1],
  ['continued-as-new.first.failover.json', 'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW', 1],
  ['held-and-woken.failover.json', 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED', 2],
  // One provider answers; the other has no worker.
  ['asked-for-offers.failover.json', 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT', 1],
  // The grace of the stop runs out.
  ['max-hours.attempt.json', 'EVENT_TYPE_TIMER_FIRED', 2],
  ['delivers-after-its-graces.attempt.json', 'EVENT_TYPE_MARKER_RECORDED', 1],
  // One refusal of the watch, two of the termination, one of the settlement.
  ['termination-refused.attempt.json', 'EVENT_TYPE_TIMER_FIRED', 4],
])('%s holds what it is kept for', (name, eventType, least) => {
  const { events } = historyOf(name) as { readonly events: readonly { readonly eventType: string }[] };
  expect(events.filter((event) => event.eventType === eventType).length).toBeGreaterThanOrEqual(least);
});

test.each(names)('%s replays', async (name) => {
  await expect(
    Worker.runReplayHistory({ workflowBundle: { codePath } }, historyOf(name), workflowIdOf(name)),
  ).resolves.toBeUndefined();
});

/** The ids of children and signals derive from the input, so any id works. */
function workflowIdOf(name: string): string {
  return `replayed/${name}`;
}

test('a changed policy: a run in the middle goes on, its decisions stand', async () => {
  const { world, client } = harness;
  world.addJob('policy', {
    retryOnExitCodes: [75],
    script: async (runner) => {
      if (runner.attempt === 1) return runner.exit(75);
      await until(() => word.go, 'the word to end');
      return runner.exit(75);
    },
  });
  const word = { go: false };
  const handle = await harness.startJob('policy');
  await until(() => world.called('watchInstance', attemptWorkflowId('policy', 2)) > 0, 'the second attempt');
  const before = [world.decisions.get('policy 1'), world.decisions.get('policy 2')];

  // No remaining worker has the run in its cache, so the next worker replays it.
  await harness.stopWorkers();
  world.policy = {
    version: 'never-again',
    decide: (state) => {
      const last = state.attempts.at(-1);
      return {
        kind: 'finish',
        state: 'failed',
        attempt: last?.attempt ?? null,
        reason: 'The new policy never tries again.',
      };
    },
  };
  await harness.startWorkers();
  word.go = true;
  expect(await handle.result()).toMatchObject({ state: 'failed', message: 'The new policy never tries again.' });
  world.policy = spotWithFallback;
  expect([world.decisions.get('policy 1'), world.decisions.get('policy 2')]).toEqual(before);
  expect(before.map((action) => action?.kind)).toEqual(['launch', 'launch']);

  const history = await client.workflow.getHandle(failoverWorkflowId('policy')).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, failoverWorkflowId('policy'));
});

test('a changed workflow: its old runs are refused', async () => {
  const workflowsPath = fileURLToPath(new URL('./changed/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  await expect(
    Worker.runReplayHistory({ workflowBundle }, historyOf('happy.job.json'), workflowIdOf('happy.job.json')),
  ).rejects.toBeInstanceOf(DeterminismViolationError);
});
