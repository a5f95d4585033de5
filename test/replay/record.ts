/**
 * Records the histories that `replay.test.ts` replays. `node test/replay/record.ts STORY…` records the named stories,
 * `sweep` the reconciler's; without a name all stories are recorded. A committed history is never recorded again: runs
 * like it may be open in an installation, and a changed workflow must still replay it.
 */
import { writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import globalSetup from '../setup/global-setup.ts';
import globalTeardown from '../setup/global-teardown.ts';
import { CloudWorld } from '../workflows/cloud-world.ts';
import { happyScript, until } from '../workflows/fake-runner.ts';
import { type Harness, startHarness } from '../workflows/harness.ts';
import { rareStories, runsOf, type Story } from './rare-stories.ts';
import { refusalStories } from './refusal-stories.ts';

const folder = new URL('./histories/', import.meta.url);

/** Plays the story; the runs of the job, its failover and its first attempt are recorded. */
type PlainStory = (harness: Harness, jobId: string) => Promise<void>;

const plainStories: Readonly<Record<string, PlainStory>> = {
  happy: async ({ world, startJob }, jobId) => {
    world.addJob(jobId);
    await (await startJob(jobId)).result();
  },
  'waits-then-lost-then-done': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, {
      script: async (runner) => (runner.attempt === 1 ? runner.vanish('unknown') : happyScript(runner)),
    });
    await world.setSlots(0);
    const handle = await startJob(jobId);
    await until(() => world.called('awaitCapacity', attemptWorkflowId(jobId, 1)) > 0, 'the queue');
    await world.setSlots(100);
    await handle.result();
  },
  cancelled: async ({ world, startJob }, jobId) => {
    world.addJob(jobId, {
      script: async (runner) => {
        await runner.hello();
        await runner.phase('training');
        await runner.stopAsked();
        await runner.exit(143);
      },
    });
    const handle = await startJob(jobId);
    await until(() => world.called('watchInstance', attemptWorkflowId(jobId, 1)) > 0, 'the watch');
    await world.cancelByApi(jobId);
    await handle.result();
  },
  'let-go-and-taken-over': async ({ world, startJob, client }, jobId) => {
    const word = { go: false };
    world.addJob(jobId, {
      script: async (runner) => {
        await until(() => word.go, 'the word to end');
        await runner.exit(0);
      },
    });
    const handle = await startJob(jobId);
    const id = attemptWorkflowId(jobId, 1);
    await until(() => world.called('watchInstance', id) > 0, 'the watch');
    await client.workflow.getHandle(failoverWorkflowId(jobId)).cancel();
    await until(() => world.called('openAttempt', id) === 2, 'the take-over');
    word.go = true;
    await handle.result();
  },
  'reset-while-it-runs': async ({ world, startJob, reset, client }, jobId) => {
    const word = { go: false };
    world.addJob(jobId, {
      script: async (runner) => {
        await until(() => word.go, 'the word to end');
        await runner.exit(0);
      },
    });
    await startJob(jobId);
    const id = attemptWorkflowId(jobId, 1);
    await until(() => world.called('watchInstance', id) > 0, 'the watch');
    await reset(trainingJobWorkflowId(jobId), 4);
    await until(() => world.called('openAttempt', id) === 2, 'the take-over');
    word.go = true;
    await client.workflow.getHandle(trainingJobWorkflowId(jobId)).result();
  },
  'refused-by-provider': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, { script: (runner) => runner.exit(3) });
    world.fault(jobId, 'launchInstance', () => 'invalid-request');
    world.fault(jobId, 'settleJob', (call) => (call <= 2 ? 'unavailable' : null));
    await (await startJob(jobId)).result();
  },
};

const stories: Readonly<Record<string, Story>> = {
  ...Object.fromEntries(
    Object.entries(plainStories).map(([name, play]): [string, Story] => [
      name,
      async (harness, jobId) => {
        await play(harness, jobId);
        return runsOf(jobId);
      },
    ]),
  ),
  ...rareStories,
  ...refusalStories,
};

/** Removes user and machine names, which are private and not needed for a replay. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'identity') return [key, 'recorder'];
      return [key, key === 'stackTrace' ? '' : withoutMachine(inner)];
    }),
  );
}

/** Records a sweep that ends two instances, one of them with its attempt. */
async function recordSweep(): Promise<void> {
  const world = await CloudWorld.start();
  try {
    const { id: jobId } = await world.addJob();
    const attemptId = await world.openAttempt(jobId);
    await world.create(attemptId);
    await world.create('never-heard-of/attempt-1');
    await world.store.jobs.transition(jobId, 'failed');
    let last = await world.startSweep();
    while ((await last.result())?.settled !== 1) last = await world.startSweep();
    write('ends-what-nobody-owns.reconcile', await last.fetchHistory());
    await world.faults({ operation: 'list', fault: { kind: 'expired-credential' } });
    const refused = await world.startSweep();
    await refused.result();
    write('refused-by-provider.reconcile', await refused.fetchHistory());
  } finally {
    await world.close();
  }
}

function write(name: string, history: Parameters<typeof historyToJSON>[0]): void {
  const told = withoutMachine(JSON.parse(historyToJSON(history)));
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(told, null, 1)}\n`);
}

await globalSetup();
if (process.argv[2] === 'sweep') {
  await recordSweep();
  await globalTeardown();
  process.exit();
}
const harness = await startHarness();
try {
  const wanted = process.argv.slice(2);
  for (const [name, tell] of Object.entries(stories)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const jobId = `recorded-${name}`;
    const runs = await tell(harness, jobId);
    for (const { kind, workflowId, runId } of runs) {
      write(`${name}.${kind}`, await harness.client.workflow.getHandle(workflowId, runId).fetchHistory());
    }
  }
} finally {
  await harness.close();
  await globalTeardown();
}
