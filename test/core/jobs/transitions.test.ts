import { describe, expect, test } from '@jest/globals';
import { isTerminalJobState, jobStates, terminalJobStates, type JobState } from '@artenic/core';
import { jobTransitions, mayTransition } from '../../../core/jobs/transitions.ts';

function reachableFrom(start: JobState): ReadonlySet<JobState> {
  const seen = new Set<JobState>([start]);
  for (const state of seen) for (const next of jobTransitions[state]) seen.add(next);
  return seen;
}

describe('job transitions', () => {
  test.each(jobStates)('%s: terminal states end, all others can be cancelled, fail and reach success', (state) => {
    if (isTerminalJobState(state)) {
      expect(jobTransitions[state]).toEqual([]);
      return;
    }
    expect(mayTransition(state, 'failed')).toBe(true);
    expect(mayTransition(state, 'cancelled')).toBe(true);
    for (const terminal of terminalJobStates) expect(reachableFrom(state).has(terminal)).toBe(true);
  });

  test('every state is reached from `queued`, and none leads to itself', () => {
    expect(reachableFrom('queued')).toEqual(new Set(jobStates));
    for (const state of jobStates) expect(mayTransition(state, state)).toBe(false);
  });

  test('a cancel that is under way is never taken back into running', () => {
    for (const state of ['queued', 'preparing', 'waiting', 'provisioning', 'setup', 'running', 'recovering'] as const) {
      expect(mayTransition(state, 'cancelling')).toBe(true);
      expect(mayTransition('cancelling', state)).toBe(false);
    }
  });
});
