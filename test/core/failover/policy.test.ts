import { describe, expect, test } from '@jest/globals';
import type { AttemptEnding, AttemptEndingKind } from '@artenic/core';
import { attemptEndingKinds } from '@artenic/core';
import fc from 'fast-check';
import { failoverPolicy } from '../../../core/failover/policy.ts';
import type { EndedAttempt, FailoverAction, FailoverState, Offer } from '../../../core/failover/types.ts';

const nowMs = 1_000_000_000;
const offerA: Offer = { provider: 'a', region: 'r', instanceType: 'small', spot: false, priceUsdMicrosPerHour: 1 };
const offerB: Offer = { ...offerA, instanceType: 'large', priceUsdMicrosPerHour: 2 };
const offerC: Offer = { ...offerA, spot: true };

type Past = {
  readonly kind: AttemptEndingKind;
  readonly exitCode?: number;
  readonly ranMs?: number;
  readonly offer?: Offer;
};

function past(...list: Past[]): EndedAttempt[] {
  return list.map(({ kind, exitCode, ranMs, offer }, index) => ({
    attempt: index + 1,
    offer: offer ?? offerA,
    ending: { kind, exitCode: exitCode ?? null, message: `told ${kind}` } satisfies AttemptEnding,
    ranMs: ranMs ?? 60_000,
    endedAtMs: nowMs,
  }));
}

function decide(state: Partial<FailoverState> = {}): FailoverAction {
  return failoverPolicy.decide({
    attempts: [],
    openAttempt: null,
    offers: [offerA, offerB],
    cancelRequested: false,
    retryOnExitCodes: [],
    stopAtMs: null,
    nowMs,
    ...state,
  });
}

describe('the beginning', () => {
  test('the first offer', () => {
    expect(decide()).toEqual({ kind: 'launch', attempt: 1, offer: offerA, reason: 'first attempt' });
  });
  test('no offer', () => {
    expect(decide({ offers: [] })).toMatchObject({ kind: 'finish', state: 'failed', attempt: null });
  });
  test('cancelled before it began', () => {
    expect(decide({ cancelRequested: true })).toMatchObject({ kind: 'finish', state: 'cancelled', attempt: null });
  });
  test('an attempt without an end is taken over under its own number, also to be cancelled', () => {
    const openAttempt = { attempt: 3, offer: offerB };
    const expected = { kind: 'launch', attempt: 3, offer: offerB, reason: 'taken over', takeOver: true };
    expect(decide({ openAttempt, attempts: past({ kind: 'lost' }, { kind: 'lost' }) })).toEqual(expected);
    expect(decide({ openAttempt, cancelRequested: true })).toEqual(expected);
  });
});

describe('endings that are the last word', () => {
  test.each([
    ['succeeded', 'succeeded'],
    ['cancelled', 'cancelled'],
    ['timed-out', 'timed-out'],
    ['setup-failed', 'failed'],
    ['launch-failed', 'failed'],
    ['failed', 'failed'],
  ] as const)('%s → %s', (kind, state) => {
    expect(decide({ attempts: past({ kind }) })).toEqual({ kind: 'finish', state, attempt: 1, reason: `told ${kind}` });
  });
  test('a success says so, also when the runner had nothing to say', () => {
    const [first] = past({ kind: 'succeeded' });
    const attempts = first === undefined ? [] : [{ ...first, ending: { ...first.ending, message: '' } }];
    expect(decide({ attempts })).toMatchObject({ reason: 'The training is done.' });
  });
  test('exit codes are named', () => {
    expect(decide({ attempts: past({ kind: 'failed', exitCode: 3 }) })).toMatchObject({
      reason: 'The command exited with code 3: told failed',
    });
    expect(decide({ attempts: past({ kind: 'setup-failed', exitCode: 2 }) })).toMatchObject({
      reason: 'The setup exited with code 2: told setup-failed',
    });
  });
  test('a message that names its exit code is not doubled', () => {
    const [first] = past({ kind: 'failed', exitCode: 3 });
    const attempts = first === undefined ? [] : [{ ...first, ending: { ...first.ending, message: 'Exit code 3.' } }];
    expect(decide({ attempts })).toMatchObject({ reason: 'Exit code 3.' });
  });
  test('an ending that nobody knows is a bug, not a decision', () => {
    expect(() => decide({ attempts: past({ kind: 'unheard-of' as AttemptEndingKind }) })).toThrow('unexpected value');
  });
  test('a cancel ends everything but a success', () => {
    for (const kind of attemptEndingKinds) {
      const state = kind === 'succeeded' ? 'succeeded' : 'cancelled';
      expect(decide({ attempts: past({ kind }), cancelRequested: true })).toMatchObject({ kind: 'finish', state });
    }
  });
});

describe('again', () => {
  test.each(['killed', 'lost', 'preempted'] as const)('%s → the same offer, at once', (kind) => {
    expect(decide({ attempts: past({ kind: 'stockout' }, { kind, offer: offerB }) })).toEqual({
      kind: 'launch',
      attempt: 3,
      offer: offerB,
      reason: `again after ${kind}: told ${kind}`,
    });
  });

  test('an exit code of `retryOnExitCodes`, ten times', () => {
    const failed: Past = { kind: 'failed', exitCode: 75 };
    const retryOnExitCodes = [75];
    expect(decide({ retryOnExitCodes, attempts: past(failed) })).toMatchObject({ kind: 'launch', attempt: 2 });
    expect(decide({ retryOnExitCodes, attempts: past(failed, { kind: 'failed', exitCode: 1 }) })).toMatchObject({
      kind: 'finish',
      state: 'failed',
    });
    const ten = Array.from({ length: 10 }, () => failed);
    expect(decide({ retryOnExitCodes, attempts: past(...ten) })).toMatchObject({ kind: 'launch', attempt: 11 });
    const last = decide({ retryOnExitCodes, attempts: past(...ten, failed) });
    expect(last).toMatchObject({ kind: 'finish', state: 'failed', attempt: 11 });
    expect(last.reason).toContain('10 times');
  });

  test('waits grow while attempts stay short', () => {
    const quick: Past = { kind: 'failed', exitCode: 75, ranMs: 100 };
    const waits = Array.from({ length: 10 }, (_, index) => {
      const attempts = past(...Array.from({ length: index + 1 }, () => quick));
      const action = decide({ attempts, retryOnExitCodes: [75] });
      return action.kind === 'wait' ? action.waitMs : 0;
    });
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('after the wait it launches, also when the timer came a little early', () => {
    const attempts = past(...Array.from({ length: 4 }, () => ({ kind: 'preempted', ranMs: 5 }) as const));
    expect(decide({ attempts })).toMatchObject({ kind: 'wait', waitMs: 4000 });
    expect(decide({ attempts, nowMs: nowMs + 3000 })).toMatchObject({ kind: 'wait', waitMs: 1000 });
    expect(decide({ attempts, nowMs: nowMs + 3900 })).toMatchObject({ kind: 'launch', attempt: 5 });
    // a clock that went back lengthens nothing
    expect(decide({ attempts, nowMs: nowMs - 3_600_000 })).toMatchObject({ kind: 'wait', waitMs: 4000 });
  });

  test('three quick interruptions in a row end it, with advice', () => {
    const quick = (kind: AttemptEndingKind): Past => ({ kind, ranMs: 9999 });
    expect(decide({ attempts: past(quick('killed'), quick('killed')) })).toMatchObject({ kind: 'wait' });
    const killed = decide({ attempts: past(quick('killed'), quick('lost'), quick('killed')) });
    expect(killed).toMatchObject({ kind: 'finish', state: 'failed' });
    expect(killed.reason).toContain('memory');
    const lost = decide({ attempts: past(quick('lost'), quick('lost'), quick('lost')) });
    expect(lost.reason).toContain('runner');
    expect(decide({ attempts: past(quick('lost'), { kind: 'lost' }, quick('lost'), quick('lost')) })).toMatchObject({
      kind: 'wait',
    });
  });

  test('twenty interruptions in all end it', () => {
    const many = (count: number) => past(...Array.from({ length: count }, () => ({ kind: 'lost' }) as const));
    expect(decide({ attempts: many(19) })).toMatchObject({ kind: 'launch', attempt: 20 });
    expect(decide({ attempts: many(20) })).toMatchObject({ kind: 'finish', state: 'failed', attempt: 20 });
  });

  test('not after `maxHours`, and no wait goes beyond it', () => {
    const quick: Past = { kind: 'preempted', ranMs: 5 };
    const attempts = past(quick, quick, quick, quick);
    expect(decide({ attempts, stopAtMs: nowMs })).toMatchObject({ kind: 'finish', state: 'timed-out', attempt: 4 });
    expect(decide({ attempts, stopAtMs: nowMs + 1500 })).toMatchObject({ kind: 'wait', waitMs: 1500 });
    expect(decide({ attempts, stopAtMs: nowMs + 9000 })).toMatchObject({ kind: 'wait', waitMs: 4000 });
    // an ending of its own says more than the clock
    expect(decide({ attempts: past({ kind: 'failed' }), stopAtMs: nowMs })).toMatchObject({ state: 'failed' });
  });
});

describe('stockout', () => {
  const out = (offer: Offer): Past => ({ kind: 'stockout', offer, ranMs: 0 });

  test('every offer once, then rounds with growing waits', () => {
    const offers = [offerA, offerB, offerC];
    expect(decide({ offers, attempts: past(out(offerA)) })).toMatchObject({ kind: 'launch', offer: offerB });
    expect(decide({ offers, attempts: past(out(offerA), out(offerB)) })).toMatchObject({
      kind: 'launch',
      offer: offerC,
    });
    const round = [out(offerA), out(offerB), out(offerC)];
    expect(decide({ offers, attempts: past(...round) })).toMatchObject({ kind: 'wait', waitMs: 30_000 });
    expect(decide({ offers, attempts: past(...round), nowMs: nowMs + 30_000 })).toMatchObject({
      kind: 'launch',
      attempt: 4,
      offer: offerA,
    });
    expect(decide({ offers, attempts: past(...round, out(offerA)) })).toMatchObject({ kind: 'launch', offer: offerB });
    expect(decide({ offers, attempts: past(...round, ...round) })).toMatchObject({ kind: 'wait', waitMs: 60_000 });
    const many = Array.from({ length: 10 }, () => round).flat();
    expect(decide({ offers, attempts: past(...many) })).toMatchObject({ kind: 'wait', waitMs: 600_000 });
  });

  test('an attempt that ran starts the rounds anew', () => {
    const attempts = past(out(offerA), out(offerB), { kind: 'lost', offer: offerA }, out(offerA));
    expect(decide({ attempts })).toMatchObject({ kind: 'launch', offer: offerB });
  });

  test('an offer that is no longer listed is tried again after a wait', () => {
    expect(decide({ offers: [], attempts: past(out(offerC)) })).toMatchObject({ kind: 'wait', waitMs: 30_000 });
    expect(decide({ offers: [], attempts: past(out(offerC)), nowMs: nowMs + 30_000 })).toMatchObject({ offer: offerC });
  });
});

describe('whatever happens', () => {
  const anyPast = fc.array(
    fc.record({
      kind: fc.constantFrom(...attemptEndingKinds),
      exitCode: fc.integer({ min: 0, max: 4 }),
      ranMs: fc.integer({ min: 0, max: 30_000 }),
      offer: fc.constantFrom(offerA, offerB, offerC),
    }),
    { maxLength: 30 },
  );
  const anyOffers = fc.subarray([offerA, offerB, offerC]);

  test('numbers rise by one, waits are bounded, a success is never thrown away', () => {
    fc.assert(
      fc.property(
        anyPast,
        anyOffers,
        fc.boolean(),
        fc.option(fc.integer({ min: -60_000, max: 3_600_000 })),
        (list, offers, cancelRequested, stopInMs) => {
          const attempts = past(...list);
          const stopAtMs = stopInMs === null ? null : nowMs + stopInMs;
          const action = decide({ attempts, offers, cancelRequested, stopAtMs, retryOnExitCodes: [1, 2] });
          if (attempts.at(-1)?.ending.kind === 'succeeded') {
            expect(action).toMatchObject({ kind: 'finish', state: 'succeeded' });
          }
          if (cancelRequested) expect(action.kind).toBe('finish');
          if (action.kind === 'launch') expect(action.attempt).toBe(attempts.length + 1);
          if (action.kind === 'wait') {
            expect(action.waitMs).toBeGreaterThan(0);
            expect(action.waitMs).toBeLessThanOrEqual(600_000);
          }
          if (action.kind === 'finish') expect(action.attempt).toBe(attempts.at(-1)?.attempt ?? null);
          expect(action.reason).not.toBe('');
        },
      ),
    );
  });

  test('a job that only ever fails comes to an end', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(
          fc.record({
            kind: fc.constantFrom('failed', 'killed', 'lost', 'setup-failed', 'launch-failed', 'timed-out'),
            ranMs: fc.integer({ min: 0, max: 30_000 }),
          }),
        ),
        (stream) => {
          const attempts: EndedAttempt[] = [];
          let clockMs = nowMs;
          for (let step = 0; step < 200; step++) {
            const action = decide({ attempts, nowMs: clockMs, retryOnExitCodes: [7] });
            if (action.kind === 'finish') return;
            if (action.kind === 'wait') {
              clockMs += action.waitMs;
              continue;
            }
            // one number is launched once: the list has no gap and no double
            expect(action.attempt).toBe(attempts.length + 1);
            const next = stream.next().value;
            clockMs += next.ranMs;
            attempts.push({
              attempt: action.attempt,
              offer: action.offer,
              ending: { kind: next.kind, exitCode: next.kind === 'failed' ? 7 : null, message: 'no luck' },
              ranMs: next.ranMs,
              endedAtMs: clockMs,
            });
          }
          throw new Error('still going after 200 steps');
        },
      ),
    );
  });
});
