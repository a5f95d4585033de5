import { describe, expect, test } from '@jest/globals';
import { attemptEndingKinds } from '@artenic/core';
import fc from 'fast-check';
import { isFinal } from '../../../core/jobs/endings.ts';
import { policyFor } from '../../../core/failover/policy.ts';
import type { EndedAttempt, FailoverAction, FailoverState, Offer, OpenAttempt } from '../../../core/failover/types.ts';
import { failoverState } from '../../support/failover-state.ts';

const nowMs = 1_000_000_000;
const spotIn = (zone: string, priceUsdMicrosPerHour = 100): Offer => ({
  ...{ provider: 'p', region: 'r', zone, instanceType: 'small', spot: true, priceUsdMicrosPerHour },
});
const [a, b] = [spotIn('a'), spotIn('b', 110)] as const;
const onDemand: Offer = { ...a, spot: false, priceUsdMicrosPerHour: 1000 };
const running: OpenAttempt = { attempt: 1, offer: a, isWatched: true, noticedAtMs: null, isDone: false, ranMs: 60_000 };
const warned: OpenAttempt = { ...running, noticedAtMs: nowMs };
const ended = (attempt: number, kind: EndedAttempt['ending']['kind'], offer = a): EndedAttempt => ({
  ...{ attempt, offer, ranMs: 60_000, endedAtMs: nowMs },
  ending: { kind, exitCode: null, message: `told ${kind}` },
});

function decide(state: Partial<FailoverState>): FailoverAction {
  return policyFor('spot-with-fallback').decide(
    failoverState({
      ...{ attempts: [], openAttempts: [], offers: [a, b, onDemand], heard: [], refusals: [], createdAtMs: nowMs },
      ...{ cancelRequested: false, retryOnExitCodes: [], stopAtMs: null, nowMs },
      ...state,
    }),
  );
}

describe('while attempts are under way', () => {
  test('one that runs is watched', () => {
    expect(decide({ openAttempts: [running] })).toEqual({ kind: 'watch', reason: 'Attempt 1 is running.' });
  });
  test('the place of a warned one is filled elsewhere, at once', () => {
    const action = decide({ openAttempts: [warned] });
    expect(action).toMatchObject({ kind: 'launch', attempt: 2, offer: b, step: 'next-zone' });
    expect(action.reason).toMatch(/^move to .+ \(preempted in .+\)$/);
  });
  test('one that had come to its own end before it was warned is not replaced', () => {
    expect(decide({ openAttempts: [{ ...warned, isDone: true }] })).toEqual({
      ...{ kind: 'watch', reason: 'Attempt 1 has ended: its result decides what comes next.' },
    });
  });
  test('once: then both are watched, also when the second is warned, too', () => {
    for (const noticedAtMs of [null, nowMs]) {
      const second = { ...running, attempt: 2, noticedAtMs };
      expect(decide({ openAttempts: [warned, second] }).kind).toBe('watch');
    }
  });
  test('a second that was warned is replaced when the first is gone', () => {
    const second = { ...warned, attempt: 2, offer: b };
    expect(decide({ openAttempts: [second], attempts: [ended(1, 'preempted')] })).toMatchObject({
      ...{ kind: 'launch', attempt: 3 },
    });
  });
  test('no room for the replacement: the next place, then a wait for the first that may be asked', () => {
    const stockouts = [ended(2, 'stockout', b), ended(3, 'stockout', a)];
    expect(decide({ openAttempts: [warned], attempts: stockouts.slice(0, 1) })).toMatchObject({
      ...{ kind: 'launch', attempt: 3, offer: a },
    });
    expect(decide({ openAttempts: [warned], attempts: stockouts, offers: [a, b] })).toMatchObject({ kind: 'wait' });
  });
  test('without any offer the warned one is left to come to its end', () => {
    expect(decide({ openAttempts: [warned], offers: [] })).toMatchObject({ kind: 'launch', offer: a });
    const never = [ended(2, 'launch-failed', a), ended(3, 'launch-failed', b)];
    expect(decide({ openAttempts: [warned], attempts: never, offers: [a, b] })).toMatchObject({
      ...{ kind: 'watch', reason: expect.stringMatching(/^No replacement: /) },
    });
  });
  test('a cancelled job launches nothing', () => {
    expect(decide({ openAttempts: [warned], cancelRequested: true }).kind).toBe('watch');
  });
  test('an attempt that nobody watches is taken over before anything else', () => {
    const left = { ...warned, isWatched: false };
    expect(decide({ openAttempts: [left, { ...running, attempt: 2 }], cancelRequested: true })).toMatchObject({
      ...{ kind: 'launch', attempt: 1, takeOver: true },
    });
  });
  test.each(attemptEndingKinds)('the warned one ends by %s while its replacement is under way', (kind) => {
    const action = decide({ openAttempts: [{ ...running, attempt: 2 }], attempts: [ended(1, kind)] });
    if (isFinal(ended(1, kind), { retryOnExitCodes: [] })) {
      expect(action).toMatchObject({ kind: 'finish', attempt: 1, reason: `told ${kind}` });
    } else {
      expect(action.kind).toBe('watch');
    }
  });
});

test('what has ended the job stays its end, whatever ends after it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('succeeded', 'setup-failed', 'timed-out'),
      fc.array(fc.constantFrom(...attemptEndingKinds.filter((one) => one !== 'succeeded')), { maxLength: 4 }),
      (kind, later) => {
        const attempts = [ended(1, kind), ...later.map((other, index) => ended(index + 2, other))];
        expect(decide({ attempts })).toMatchObject({ kind: 'finish', attempt: 1 });
      },
    ),
  );
});
