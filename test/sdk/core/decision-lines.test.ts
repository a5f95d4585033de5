import { describe, expect, test } from '@jest/globals';
import { decisionLines, decisionTitle, type DecisionView } from '../../../sdk/core/index.ts';
import fc from 'fast-check';
const zero = Date.UTC(2026, 0, 1);
const decision = (
  number: number,
  kind: DecisionView['kind'],
  second: number,
  reason = '',
  attempt: number | null = null,
): DecisionView => ({
  ...{ decision: number, policyVersion: 'spot-only-3', kind, reason, attempt, step: null, waitsFor: null },
  decidedAt: new Date(zero + second * 1000).toISOString(),
});

describe('decisions', () => {
  test('that say the same one after another are one line, with how long and how often', () => {
    const waits = Array.from({ length: 17 }, (_, at) => decision(at + 2, 'wait', 5 + at * 7, 'credentials expired'));
    const lines = decisionLines(
      [decision(1, 'launch', 0, 'first attempt', 1), ...waits, decision(19, 'launch', 125, 'again', 2)],
      zero + 300_000,
    );
    expect(lines.map((line) => [decisionTitle(line, false), line.reason])).toEqual([
      ['Launched attempt 1', 'first attempt'],
      ['Waited 2 min 0 s, 17 looks', 'credentials expired'],
      ['Launched attempt 2', 'again'],
    ]);
  });

  test('of another reason or another kind are lines of their own, launches always', () => {
    const lines = decisionLines(
      [
        decision(1, 'wait', 0, 'no capacity'),
        decision(2, 'wait', 5, 'credentials expired'),
        decision(3, 'watch', 6, 'credentials expired'),
        decision(4, 'launch', 7, 'again', 2),
        decision(5, 'launch', 8, 'again', 3),
      ],
      zero + 9000,
    );
    expect(lines.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1]);
  });

  test('keep their number, order and whole time, whatever they are', () => {
    const any = fc.tuple(fc.constantFrom('wait', 'watch', 'launch', 'finish'), fc.constantFrom('a', 'b'), fc.nat(50));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (all) => {
        let second = 0;
        const decisions = all.map(([kind, reason, by], index) => decision(index + 1, kind, (second += by), reason));
        const untilMs = zero + (second + 5) * 1000;
        const lines = decisionLines(decisions.toReversed(), untilMs);
        expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(decisions.length);
        const first = Date.parse(decisions[0]?.decidedAt ?? new Date(untilMs).toISOString());
        expect(lines.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(untilMs - first);
        for (const [index, line] of lines.entries()) {
          const next = lines[index + 1];
          if (next === undefined || (line.kind !== 'wait' && line.kind !== 'watch')) continue;
          expect([next.kind, next.reason]).not.toEqual([line.kind, line.reason]);
        }
      }),
    );
  });

  test('that still hold are told as such', () => {
    const [line] = decisionLines([decision(1, 'wait', 0, 'x'), decision(2, 'wait', 5, 'x')], zero + 65_000);
    expect(line && decisionTitle(line, true)).toBe('Waiting for 1 min 5 s, 2 looks');
  });

  test('that go on with an attempt say so', () => {
    const [, watch] = decisionLines([decision(1, 'launch', 0, '', 3), decision(2, 'watch', 5)], zero + 9000);
    expect(watch && [decisionTitle(watch, true), decisionTitle(watch, false)]).toEqual([
      'Still running attempt 3',
      'Kept running attempt 3',
    ]);
  });
});
