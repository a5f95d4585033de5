import { describe, expect, test } from '@jest/globals';
import { decisiveStopAtMs, leftMsOf, stopAtOf, type RunningSpan } from '../../../core/jobs/running-time.ts';

const hour = 3_600_000;
const at = (hours: number): Date => new Date(hours * hour);
const span = (attempt: number, span: Partial<RunningSpan>): RunningSpan => ({
  ...{ attempt, helloAt: null, lastHeartbeatAt: null, runnerOverAt: null, endedAt: null },
  ...span,
});
/** Ran from 0 to 1 h; its end was noticed late. */
const first = span(1, { helloAt: at(0), lastHeartbeatAt: at(1), endedAt: at(1.5) });

describe('`maxHours`', () => {
  test('counts from the first hello', () => {
    expect(stopAtOf(3, [], { attempt: 1, helloAt: at(5) })).toEqual(at(8));
    expect(stopAtOf(3, [span(1, {})], { attempt: 2, helloAt: at(5) })).toEqual(at(8));
  });

  test('does not count the wait between two attempts, however long', () => {
    expect(stopAtOf(3, [first], { attempt: 2, helloAt: at(20) })).toEqual(at(22));
    const second = span(2, { helloAt: at(20), lastHeartbeatAt: at(21), runnerOverAt: at(21.5), endedAt: at(22) });
    expect(stopAtOf(3, [first, second], { attempt: 3, helloAt: at(100) })).toEqual(at(100.5));
  });

  test('of an attempt that was warned counts until its replacement says hello', () => {
    const warned = span(1, { helloAt: at(0), lastHeartbeatAt: at(1) });
    expect(stopAtOf(3, [warned], { attempt: 2, helloAt: at(1) })).toEqual(at(3));
    // The rest of its life does not shorten the stop time already given to the replacement.
    const later = { ...warned, lastHeartbeatAt: at(1.2), runnerOverAt: at(1.2), endedAt: at(2) };
    expect(stopAtOf(3, [later], { attempt: 2, helloAt: at(1) })).toEqual(at(3));
  });

  test('has an attempt stopped at once for which nothing is left', () => {
    expect(stopAtOf(1, [first], { attempt: 2, helloAt: at(9) })).toEqual(at(9));
    expect(leftMsOf(0.5, [first], 9 * hour)).toBe(-hour / 2);
  });
});

describe('a decision', () => {
  const decide = (maxHours: number, spans: readonly RunningSpan[], stopAt: Date | null) =>
    decisiveStopAtMs(maxHours, spans, { stopAt, nowMs: 20 * hour });

  test('has no end to mind while nothing runs and hours are left', () => {
    expect(decide(3, [], null)).toBeNull();
    expect(decide(3, [first], at(3))).toBeNull();
    expect(decide(3, [first, span(2, {})], at(3))).toBeNull();
  });

  test('finds the hours over when they have run', () => {
    expect(decide(1, [first], at(1))).toBe(20 * hour);
  });

  test('minds what was told to the attempt that runs', () => {
    const running = span(2, { helloAt: at(19), lastHeartbeatAt: at(20) });
    expect(decide(3, [first, running], at(21))).toBe(21 * hour);
  });
});
