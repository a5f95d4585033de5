import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatAligned,
  formatNumber,
  formatTick,
  formatTickDuration,
  formatTicks,
} from '../../../web/src/charts/chart-format.ts';
import {
  clockTicks,
  durationTicks,
  elapsedTicks,
  innerTicks,
  logTicks,
  niceTicks,
  stack,
} from '../../../web/src/charts/scale.ts';
import { csvOf, sentenceOf, tableRows } from '../../../web/src/charts/summary.ts';

test('numbers are short', () => {
  expect([0, 0.12345, 12.345, 123.45, 12_345, 0.000_012, -3e12, Number.NaN, Infinity, null].map(formatNumber)).toEqual([
    '0',
    '0.1235',
    '12.35',
    '123.5',
    '12,345',
    '1.2e−5',
    '−3e12',
    '–',
    '∞',
    '–',
  ]);
  expect([50_000, 1_250_000, 5].map(formatTick)).toEqual(['50k', '1.3M', '5']);
});

test('ticks of an axis share their unit and their decimals', () => {
  expect(formatTicks([0, 0.05, 0.1])).toEqual(['0', '0.05', '0.10']);
  expect(formatTicks([9000, 9500, 10_000])).toEqual(['9.0', '9.5', '10.0'].map((tick) => `${tick}k`));
  expect(formatTicks([20_000, 40_000])).toEqual(['20k', '40k']);
  expect(formatTicks([-5, 0, 5])).toEqual(['−5', '0', '5']);
  expect([0, 1500, 90_000, 7_200_000, 90_000_000].map(formatTickDuration)).toEqual([
    '0',
    '1.5 s',
    '1 min 30 s',
    '2 h',
    '1 d 1 h',
  ]);
});

test('numbers beside one another have the same decimals', () => {
  expect(formatAligned([1, 0.9833, null])).toEqual(['1.0000', '0.9833', '–']);
  expect(formatAligned([12, 3])).toEqual(['12', '3']);
  expect(formatAligned([12_345, 0.5])).toEqual(['12,345.0', '0.5']);
});

test('a line in words', () => {
  expect(sentenceOf('loss', [2, null, 0.5, 1])).toBe(
    'loss: from 2 to 1, lowest 0.5, highest 2. 1 of 4 points are not a number.',
  );
  expect(sentenceOf('loss', [null])).toBe('loss: no values.');
});

test('a table has the last row whatever is left out', () => {
  const x = Array.from({ length: 1001 }, (_, at) => at);
  const rows = tableRows({ x, ys: [x] }, 100);
  expect(rows.length).toBeLessThanOrEqual(101);
  expect(rows.at(-1)).toEqual({ x: 1000, values: [1000] });
});

test('CSV quotes, and disarms formulas but not numbers', () => {
  expect(
    csvOf(
      ['step', 'a,"b"'],
      [
        [1, '=1+1'],
        [-2, null],
      ],
    ),
  ).toBe('step,"a,""b"""\r\n1,\'=1+1\r\n-2,\r\n');
});

describe('scales', () => {
  test('ticks are round and cover the range', () => {
    expect(niceTicks(0, 0.37, 4)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (low, size) => {
          const ticks = niceTicks(low, low + size, 5);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(9);
          expect(ticks[0]).toBeLessThanOrEqual(low + 1e-6);
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(low + size - size * 1e-6 - 1e-6);
        },
      ),
    );
  });

  test('inside a range there are at least three ticks, which lie in it and can be told apart', () => {
    expect(innerTicks(0, 29_000, 4)).toEqual([0, 10_000, 20_000]);
    expect(innerTicks(0.12, 0.31, 2).length).toBeGreaterThanOrEqual(3);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (low, size, count) => {
          const ticks = innerTicks(low, low + size, count);
          expect(ticks.length).toBeGreaterThanOrEqual(3);
          expect(ticks.length).toBeLessThanOrEqual(2 * count + 8);
          expect(ticks.every((tick) => tick >= low && tick <= low + size)).toBe(true);
          expect(new Set(formatTicks(ticks)).size).toBe(ticks.length);
        },
      ),
    );
  });

  test('a range that has no step has its ends as ticks', () => {
    for (const [low, high] of [
      [-5e-324, 5e-324],
      [-1.7e308, 1.7e308],
    ] as const) {
      expect(innerTicks(low, high, 4)).toEqual([low, high]);
      expect(niceTicks(low, high, 4)).toEqual([low, high]);
    }
  });

  test('a logarithmic axis has round ticks, also within one decade', () => {
    expect(logTicks(32_100, 52_100, 3)).toEqual([35_000, 40_000, 45_000, 50_000]);
    expect(logTicks(0.5, 40, 8)).toEqual([0.5, 1, 2, 5, 10, 20]);
    expect(logTicks(1e-6, 1e3, 4)).toEqual([1e-6, 0.001, 1, 1000]);
  });

  test('an axis of elapsed time and a clock have ticks of whole units', () => {
    expect(elapsedTicks(100_000, 250_000, 3)).toEqual([120_000, 180_000, 240_000]);
    for (const tick of clockTicks(Date.UTC(2026, 0, 5, 9, 7), Date.UTC(2026, 0, 5, 10, 1), 4))
      expect(new Date(tick).getMinutes() % 15).toBe(0);
  });

  test('time ticks are steps of a clock', () => {
    expect(durationTicks(192_000, 4)).toEqual([0, 60_000, 120_000, 180_000]);
    expect(durationTicks(0, 4)).toEqual([0]);
    for (const days of [1, 30, 400]) expect(durationTicks(days * 86_400_000, 5).length).toBeLessThanOrEqual(7);
  });

  test('stacks sum upwards', () => {
    expect(
      stack([
        [1, 2],
        [3, null],
        [5, 6],
      ]),
    ).toEqual([
      [1, 2],
      [4, 2],
      [9, 8],
    ]);
  });
});
