import { signalNames } from '@artenic/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { noSignals, takeSignal, type ExternalSignal } from '../../../core/signals/reduce.ts';
import { isFull } from '../../support/share.ts';

const signal = fc.record({
  name: fc.constantFrom(...signalNames),
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  // Few values, so that equal ones occur.
  atMs: fc.integer({ min: 1, max: 4 }),
  attempt: fc.integer({ min: 0, max: 3 }),
  deadlineAtMs: fc.option(fc.integer({ min: 1, max: 4 })),
});
const all = (signals: readonly ExternalSignal[]) => signals.reduce(takeSignal, noSignals);
const of = (name: ExternalSignal['name'], atMs: number, more: Partial<ExternalSignal> = {}): ExternalSignal => ({
  ...{ name, id: `${name}-${atMs}`, atMs, attempt: 1, deadlineAtMs: null },
  ...more,
});

describe('signals from outside', () => {
  it('come to the same in any order and however often each arrives (F14)', () => {
    const told = fc.array(signal, { maxLength: 8 }).chain((signals) => {
      const thrice = [...signals, ...signals, ...signals];
      return fc.tuple(fc.constant(signals), fc.shuffledSubarray(thrice, { minLength: thrice.length }));
    });
    fc.assert(
      fc.property(told, ([signals, shuffled]) => {
        expect(all(shuffled)).toEqual(all(signals));
      }),
      { numRuns: isFull ? 20_000 : 1000 },
    );
  }, 30_000);

  it('say nothing new when they come again', () => {
    fc.assert(
      fc.property(fc.array(signal, { minLength: 1, maxLength: 8 }), (signals) => {
        const state = all(signals);
        for (const one of signals) expect(takeSignal(state, one)).toBe(state);
      }),
      { numRuns: 500 },
    );
  });

  it('of hold and release the later one counts', () => {
    const late = [of('release', 2), of('hold', 1)];
    expect(all(late).hold?.isHeld).toBe(false);
    expect(all([...late, of('hold', 3)]).hold).toEqual({ isHeld: true, atMs: 3, id: 'hold-3' });
  });

  it('the earliest deadline of the newest attempt counts', () => {
    const notices = [
      of('preemption-notice', 1, { deadlineAtMs: 90 }),
      of('preemption-notice', 2, { deadlineAtMs: 60 }),
      of('preemption-notice', 3, { deadlineAtMs: 70 }),
    ];
    expect(all(notices).notice).toEqual({ attempt: 1, deadlineAtMs: 60 });
    const next = of('preemption-notice', 1, { attempt: 2, deadlineAtMs: 99 });
    expect(all([next, ...notices]).notice).toEqual({ attempt: 2, deadlineAtMs: 99 });
  });

  it('a checkpoint is wished of the newest attempt', () => {
    const wishes = [of('checkpoint-now', 9), of('checkpoint-now', 5, { attempt: 2 }), of('checkpoint-now', 7)];
    expect(all(wishes).checkpoint).toEqual({ attempt: 2, atMs: 5 });
  });
});
