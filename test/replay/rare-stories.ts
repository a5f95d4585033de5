import { spotWithFallback } from '../../core/failover/policy.ts';
import { holdBack } from '../../core/signals/hold-back.ts';
import {
  attemptWorkflowId,
  controlQueue,
  failoverWorkflowId,
  trainingJobWorkflowId,
  wakeUpSignal,
} from '../../workflows/contracts/index.ts';
import type { spotFailover } from '../../workflows/index.ts';
import { happyScript, until } from '../workflows/fake-runner.ts';
import type { Harness } from '../workflows/harness.ts';

/** A run to record; its kind is part of the file's name. */
type Run = { readonly kind: string; readonly workflowId: string; readonly runId?: string };
/** Plays the story and returns the runs to record. */
export type Story = (harness: Harness, jobId: string) => Promise<readonly Run[]>;

export function runsOf(jobId: string): readonly Run[] {
  return [
    { kind: 'job', workflowId: trainingJobWorkflowId(jobId) },
    { kind: 'failover', workflowId: failoverWorkflowId(jobId) },
    { kind: 'attempt', workflowId: attemptWorkflowId(jobId, 1) },
  ];
}

/** Rare paths, which changes of the workflows break first. */
export const rareStories: Readonly<Record<string, Story>> = {
  'warned-and-replaced': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, {
      script: async (runner) => {
        if (runner.attempt > 1) {
          await until(() => (world.attemptsOf(jobId)[0]?.ending ?? null) !== null, 'the end of the warned attempt');
          return happyScript(runner);
        }
        await runner.hello();
        await runner.phase('training');
        await runner.notice();
        await until(() => world.instances.has(attemptWorkflowId(jobId, 2)), 'the replacement');
        runner.vanish('preemption');
      },
    });
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
  // The warned attempt ends the job after all, so its replacement is dropped.
  'replacement-not-needed': async ({ world, startJob }, jobId) => {
    const replacement = attemptWorkflowId(jobId, 2);
    world.addJob(jobId, {
      script: async (runner) => {
        if (runner.attempt > 1) return runner.stopAsked();
        await runner.hello();
        await runner.notice();
        await until(() => world.called('watchInstance', replacement) > 0, 'the watch of the replacement');
        await runner.exit(0);
      },
    });
    await (await startJob(jobId)).result();
    return [
      { kind: 'failover', workflowId: failoverWorkflowId(jobId) },
      { kind: 'attempt', workflowId: replacement },
    ];
  },
  'continued-as-new': async ({ world, client }, jobId) => {
    world.addJob(jobId, {
      retryOnExitCodes: [75],
      script: (runner) => (runner.attempt < 2 ? runner.exit(75) : happyScript(runner)),
    });
    const workflowId = failoverWorkflowId(jobId);
    const handle = await client.workflow.start<typeof spotFailover>('spotFailover', {
      workflowId,
      taskQueue: controlQueue,
      args: [{ jobId, title: `title of ${jobId}`, decision: 1, continueAfterDecisions: 1 }],
    });
    await handle.result();
    return [
      { kind: 'first.failover', workflowId, runId: handle.firstExecutionRunId },
      { kind: 'last.failover', workflowId },
    ];
  },
  'held-and-woken': async ({ world, startJob, client }, jobId) => {
    let heldAt: Date | null = new Date();
    world.policy = {
      version: 'held',
      decide: (state) => holdBack(spotWithFallback.decide(state), { heldAt, stopAtMs: null, nowMs: state.nowMs }),
    };
    world.addJob(jobId);
    const handle = await startJob(jobId);
    const decisions = () => [...world.decisions.keys()].filter((key) => key.startsWith(`${jobId} `)).length;
    await until(() => decisions() === 1, 'the wait');
    const failover = client.workflow.getHandle(failoverWorkflowId(jobId));
    await failover.signal(wakeUpSignal);
    await until(() => decisions() === 2, 'another look');
    heldAt = null;
    await failover.signal(wakeUpSignal);
    await handle.result();
    world.policy = spotWithFallback;
    return runsOf(jobId);
  },
  // The first decision finds no offers: the providers are asked, one answers, and the next decision launches at once.
  'asked-for-offers': async ({ world, startJob }, jobId) => {
    world.addJob(jobId);
    world.unknown.add(jobId);
    await (await startJob(jobId)).result();
    return [{ kind: 'failover', workflowId: failoverWorkflowId(jobId) }];
  },
  // The runner does not stop by itself: the workflow's backstop requests a stop, waits for the whole grace, and ends
  // it.
  'max-hours': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, {
      stopAtMs: Date.now() - 10_000,
      script: async (runner) => {
        await runner.hello();
        await runner.phase('training');
      },
    });
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
  // The graces are over and the last files are still being uploaded: the workflow waits for them.
  'delivers-after-its-graces': async ({ world, startJob }, jobId) => {
    const id = attemptWorkflowId(jobId, 1);
    world.addJob(jobId, {
      script: async (runner) => {
        await runner.hello();
        await runner.phase('training');
        await runner.stopAsked();
        runner.instance.delivery = 'under-way';
        await until(() => world.called('awaitDelivery', id) > 3, 'looks at the delivery', 30_000);
        await runner.exit(143);
      },
    });
    const handle = await startJob(jobId);
    await until(() => world.called('watchInstance', id) > 0, 'the watch');
    await world.cancelByApi(jobId);
    await handle.result();
    return runsOf(jobId);
  },
  // A cancel with a grace, and then one without: the wait for the grace ends at once.
  'ended-now': async ({ world, startJob }, jobId) => {
    const id = attemptWorkflowId(jobId, 1);
    world.addJob(jobId, {
      graceMs: 3_600_000,
      script: async (runner) => {
        await runner.hello();
        await runner.phase('training');
      },
    });
    const handle = await startJob(jobId);
    await until(() => world.called('watchInstance', id) > 0, 'the watch');
    await world.cancelByApi(jobId);
    await until(() => world.called('requestStop', id) === 1, 'the stop with its grace');
    await world.endNowByApi(jobId);
    await handle.result();
    return runsOf(jobId);
  },
  'fell-silent': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, {
      script: async (runner) => {
        if (runner.attempt > 1) return happyScript(runner);
        await runner.hello();
        await runner.phase('training');
        runner.fallSilent();
      },
    });
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
  // The refusals of `termination-refused`, which older histories handle with timers; now the server retries them.
  'refusals-retried': async ({ world, startJob }, jobId) => {
    world.addJob(jobId);
    world.fault(jobId, 'watchInstance', (call) => (call === 1 ? 'auth' : null));
    world.fault(jobId, 'terminateInstance', (call) => (call <= 2 ? 'auth' : null));
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
  'termination-refused': async ({ world, startJob }, jobId) => {
    world.addJob(jobId);
    world.fault(jobId, 'watchInstance', (call) => (call === 1 ? 'auth' : null));
    world.fault(jobId, 'terminateInstance', (call) => (call <= 2 ? 'auth' : null));
    world.fault(jobId, 'settleAttempt', (call) => (call === 1 ? 'internal' : null));
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
};
