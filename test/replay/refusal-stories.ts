import { spotWithFallback } from '../../core/failover/policy.ts';
import { attemptWorkflowId, controlQueue, failoverWorkflowId, wakeUpSignal } from '../../workflows/contracts/index.ts';
import type { spotFailover } from '../../workflows/index.ts';
import { happyScript, until } from '../workflows/fake-runner.ts';
import { eventsOf, type Harness } from '../workflows/harness.ts';
import { localOffer } from '../workflows/world.ts';
import { runsOf, type Story } from './rare-stories.ts';

async function waiting({ client }: Harness, jobId: string): Promise<void> {
  const id = attemptWorkflowId(jobId, 1);
  await until(
    async () => {
      try {
        return (await eventsOf(client, id)).includes('timerStarted');
      } catch {
        return false;
      }
    },
    'the wait',
    30_000,
  );
}

/** Refused launches, and how their attempt handles them. */
export const refusalStories: Readonly<Record<string, Story>> = {
  'refused-then-launched': async ({ world, startJob }, jobId) => {
    world.addJob(jobId, { offers: [localOffer, { ...localOffer, instanceType: 'cpu-2' }] });
    world.fault(jobId, 'launchInstance', (_, input) => (input === 'cpu' ? 'stockout' : null));
    await (await startJob(jobId)).result();
    return runsOf(jobId);
  },
  'refused-waits-and-woken': async (harness, jobId) => {
    const { world, startJob, client } = harness;
    const capacity = { has: false };
    world.addJob(jobId);
    world.fault(jobId, 'launchInstance', (call) => (capacity.has ? null : call === 1 ? 'stockout' : 'auth'));
    const handle = await startJob(jobId);
    await waiting(harness, jobId);
    const attempt = client.workflow.getHandle(attemptWorkflowId(jobId, 1));
    for (const has of [false, true]) {
      capacity.has = has;
      world.refusals.delete(jobId);
      const calls = world.called('launchInstance', attempt.workflowId);
      await attempt.signal(wakeUpSignal);
      await until(() => world.called('launchInstance', attempt.workflowId) > calls, 'the next launch');
      if (!has) await until(() => world.called('nextLaunch', attempt.workflowId) > 2, 'the look after the proof');
    }
    await handle.result();
    return runsOf(jobId);
  },
  'refused-and-cancelled-in-a-wait': async (harness, jobId) => {
    const { world, startJob } = harness;
    world.addJob(jobId);
    world.fault(jobId, 'launchInstance', () => 'stockout');
    const handle = await startJob(jobId);
    await waiting(harness, jobId);
    await world.cancelByApi(jobId);
    await handle.result();
    return runsOf(jobId);
  },
  'refused-and-begun-anew': async (harness, jobId) => {
    const { world, client } = harness;
    const capacity = { has: false };
    world.addJob(jobId);
    world.fault(jobId, 'launchInstance', () => (capacity.has ? null : 'stockout'));
    const handle = await client.workflow.start<typeof spotFailover>('spotFailover', {
      workflowId: failoverWorkflowId(jobId),
      taskQueue: controlQueue,
      args: [{ jobId, title: `title of ${jobId}`, decision: 1, continueAfterDecisions: null, mostWaits: 1 }],
    });
    await waiting(harness, jobId);
    const attempt = client.workflow.getHandle(attemptWorkflowId(jobId, 1));
    const { runId } = await attempt.describe();
    await attempt.signal(wakeUpSignal);
    await until(async () => (await attempt.describe()).runId !== runId, 'the new run');
    await waiting(harness, jobId);
    capacity.has = true;
    world.refusals.delete(jobId);
    await attempt.signal(wakeUpSignal);
    await handle.result();
    return [
      { kind: 'failover', workflowId: failoverWorkflowId(jobId) },
      { kind: 'first.attempt', workflowId: attempt.workflowId, runId },
      { kind: 'last.attempt', workflowId: attempt.workflowId },
    ];
  },
  // A policy that moves a running attempt: the first look changes nothing, the second moves it.
  moved: async ({ world, startJob }, jobId) => {
    let looks = 0;
    world.policy = {
      version: 'restless',
      decide: (state) => {
        const [first, second] = state.openAttempts;
        const action = spotWithFallback.decide(state);
        if (first?.attempt !== 1 || second !== undefined || first.noticedAtMs !== null || !first.isWatched)
          return action.kind === 'launch' && action.attempt === 1 ? { ...action, untilMs: state.nowMs + 100 } : action;
        looks++;
        if (looks === 1) return { kind: 'watch', reason: 'not yet', untilMs: state.nowMs + 100 };
        const launch = { attempt: 2, offer: localOffer, step: 'same-offer' } as const;
        return { kind: 'replace', stop: 1, launch, reason: 'a better place' };
      },
    };
    world.addJob(jobId, {
      script: async (runner) => {
        if (runner.attempt > 1) {
          await until(() => (world.attemptsOf(jobId)[0]?.ending ?? null) !== null, 'the end of the first');
          return happyScript(runner);
        }
        await runner.hello();
        await until(() => world.instances.has(attemptWorkflowId(jobId, 2)), 'the follower');
        runner.vanish('preemption');
      },
    });
    await (await startJob(jobId)).result();
    world.policy = spotWithFallback;
    return runsOf(jobId);
  },
};
