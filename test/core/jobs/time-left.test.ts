import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { timeLeftMs, withProgress, type ProgressTrack } from '../../../core/jobs/time-left.ts';

const second = 1000;

/** Reports of attempts that train at a steady rate; each attempt begins at a progress, after a pause. */
function trained(
  attempts: readonly { readonly from: number; readonly to: number; readonly pauseMs?: number }[],
  { wholeMs, everyMs = second }: { readonly wholeMs: number; readonly everyMs?: number },
): { readonly track: ProgressTrack; readonly atMs: number; readonly progress: number } {
  let [track, atMs, progress]: [ProgressTrack, number, number] = [[], 0, 0];
  for (const [index, { from, to, pauseMs = 0 }] of attempts.entries()) {
    const startMs = atMs + pauseMs;
    for (let stepMs = 0; from + stepMs / wholeMs < to; stepMs += everyMs) {
      [atMs, progress] = [startMs + stepMs, from + stepMs / wholeMs];
      track = withProgress(track, [index + 1, atMs, progress]);
    }
  }
  return { track, atMs, progress };
}

describe('time left', () => {
  test('is unknown without progress, with few reports, and after a few seconds', () => {
    expect(timeLeftMs([], null, 0)).toBeNull();
    expect(timeLeftMs([], 0.5, 0)).toBeNull();
    const [a, b] = [trained([{ from: 0, to: 0.01 }], { wholeMs: 600_000 }), 0.01];
    expect(timeLeftMs(a.track, b, a.atMs)).toBeNull();
  });

  test('is nothing at the end', () => {
    expect(timeLeftMs([], 1, 0)).toBe(0);
  });

  test('follows the newer half: a slow start does not count for ever', () => {
    const slow = trained([{ from: 0, to: 0.1 }], { wholeMs: 10_000_000, everyMs: 10 * second });
    let { track, atMs } = slow;
    for (let step = 1; step <= 1200; step++) {
      atMs += second;
      track = withProgress(track, [1, atMs, 0.1 + step / 2400]);
    }
    const left = timeLeftMs(track, 0.6, atMs) ?? 0;
    expect(left).toBeGreaterThan(900 * second);
    expect(left).toBeLessThan(1000 * second);
  });

  test('grows while nothing is reported', () => {
    const { track, atMs, progress } = trained([{ from: 0, to: 0.5 }], { wholeMs: 600_000 });
    const soon = timeLeftMs(track, progress, atMs + second) ?? 0;
    expect(soon).toBeLessThanOrEqual(300_000);
    expect(timeLeftMs(track, progress, atMs + 600_000)).toBeGreaterThan(soon);
  });

  test('a restart from a checkpoint: neither the pause nor the lost progress count', () => {
    const parts = [
      { from: 0, to: 0.5 },
      { from: 0.3, to: 0.6, pauseMs: 3_600_000 },
    ];
    const { track, atMs, progress } = trained(parts, { wholeMs: 600_000 });
    const left = timeLeftMs(track, progress, atMs) ?? 0;
    expect(left).toBeGreaterThan(235_000);
    expect(left).toBeLessThan(245_000);
  });

  test('a return to a checkpoint within one attempt is no progress', () => {
    let track: ProgressTrack = [];
    for (let round = 0; round < 4; round++)
      for (let step = 0; step <= 20; step++) track = withProgress(track, [1, (round * 20 + step) * second, step / 100]);
    const left = timeLeftMs(track, 0.2, 80 * second) ?? 0;
    expect(left).toBeGreaterThan(70 * second);
    expect(left).toBeLessThan(90 * second);
  });
});

const anyPart = fc.record({
  from: fc.double({ min: 0, max: 0.7, noNaN: true }),
  length: fc.double({ min: 0.05, max: 0.25, noNaN: true }),
  pauseMs: fc.integer({ min: 0, max: 10_000_000 }),
});

test('at a steady rate the estimate is right, however often the job is restarted', () => {
  fc.assert(
    fc.property(
      fc.array(anyPart, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1_000_000, max: 20_000_000 }),
      (parts, wholeMs) => {
        const everyMs = wholeMs / 500;
        const steps = parts.map(({ from, length, pauseMs }) => ({ from, to: from + length, pauseMs }));
        const { track, atMs, progress } = trained(steps, { wholeMs, everyMs });
        const left = timeLeftMs(track, progress, atMs);
        expect(left).not.toBeNull();
        expect(Math.abs((left ?? 0) - (1 - progress) * wholeMs)).toBeLessThan(0.05 * wholeMs);
        expect(track.length).toBeLessThanOrEqual(32);
      },
    ),
  );
});

test('whatever is reported, the track stays small and in order, and the estimate is never negative', () => {
  const anyReport = fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: -5000, max: 1_000_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(anyReport, { maxLength: 200 }),
      fc.integer({ min: -1000, max: 10_000_000 }),
      (reports, lateMs) => {
        let [track, attempt, atMs]: [ProgressTrack, number, number] = [[], 1, 0];
        for (const [next, stepMs, progress] of reports) {
          attempt += next;
          atMs += stepMs;
          track = withProgress(track, [attempt, atMs, progress]);
        }
        expect(track.length).toBeLessThanOrEqual(32);
        expect(track.map(([number]) => number)).toEqual(track.map(([number]) => number).toSorted((a, b) => a - b));
        const left = timeLeftMs(track, track.at(-1)?.[2] ?? null, atMs + lateMs);
        expect(left === null || (left >= 0 && Number.isFinite(left))).toBe(true);
      },
    ),
  );
});
