import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spotWithFallback } from '../../core/failover/policy.ts';
import type { FailoverAction, FailoverPolicy } from '../../core/failover/types.ts';
import { attemptWorkflowId, failoverWorkflowId } from '../../workflows/contracts/index.ts';
import { happyScript, until } from './fake-runner.ts';
import { eventsOf, type Harness, startHarness } from './harness.ts';
import { localOffer } from './world.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const better = { ...localOffer, instanceType: 'better' };

function lookingAgain(action: FailoverAction, nowMs: number): FailoverAction {
  return action.kind === 'launch' && action.attempt === 1 ? { ...action, untilMs: nowMs + 50 } : action;
}

/** A policy that looks again while attempt 1 runs alone, and moves it at the second look. */
function restless(): FailoverPolicy {
  let looks = 0;
  return {
    version: 'restless',
    decide: (state) => {
      const [first, second] = state.openAttempts;
      if (first?.attempt !== 1 || second !== undefined || first.noticedAtMs !== null || !first.isWatched)
        return lookingAgain(spotWithFallback.decide(state), state.nowMs);
      looks++;
      if (looks <= 2) return { kind: 'watch', reason: 'not yet', untilMs: state.nowMs + 50 };
      const launch = { attempt: 2, offer: better, step: 'next-type' } as const;
      return { kind: 'replace', stop: 1, launch, reason: 'a better place' };
    },
  };
}

test('a decision looks again at its time, and an attempt is moved: stopped with its grace, its follower beside it', async () => {
  const { world, client } = harness;
  world.policy = restless();
  world.addJob('moved', {
    script: async (runner) => {
      if (runner.attempt > 1) {
        await until(() => (world.attemptsOf('moved')[0]?.ending ?? null) !== null, 'the end of the first');
        return happyScript(runner);
      }
      await runner.hello();
      await runner.phase('training');
      await until(() => world.called('warnAttempt', attemptWorkflowId('moved', 1)) > 0, 'the warning');
      await until(() => world.instances.has(attemptWorkflowId('moved', 2)), 'the follower');
      runner.vanish('preemption');
    },
  });
  expect((await (await harness.startJob('moved')).result()).state).toBe('succeeded');
  expect(
    world.attemptsOf('moved').map(({ attempt, offer, ending }) => [attempt, offer.instanceType, ending?.kind]),
  ).toEqual([
    [1, 'cpu', 'preempted'],
    [2, 'better', 'succeeded'],
  ]);
  const kinds = [...world.decisions].filter(([key]) => key.startsWith('moved ')).map(([, { kind }]) => kind);
  expect(kinds.slice(0, 4)).toEqual(['launch', 'watch', 'watch', 'replace']);
  const events = await eventsOf(client, failoverWorkflowId('moved'));
  expect(events.filter((event) => event === 'timerFired')).toHaveLength(3);
}, 30_000);
