import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatAge,
  formatCost,
  formatDuration,
  formatMoney,
  formatPrice,
  formatSize,
  formatValue,
  shortId,
} from '@artenic/core';

const nowMs = Date.parse('2026-03-01T02:00:00.000Z');
const ageOf = (seconds: number): string => formatAge(new Date(nowMs - seconds * 1000).toISOString(), nowMs);

test.each([
  [0, '0 s ago'],
  [59, '59 s ago'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [3600, '1 h ago'],
  [86_399, '23 h ago'],
  [86_400 * 40, '40 d ago'],
  [-0.4, '0 s ago'],
  [-90, 'in 1 min'],
])('%p s before now is %p', (seconds, expected) => expect(ageOf(seconds)).toBe(expected));

test.each([
  [-5, '0 ms'],
  [999, '999 ms'],
  [3210, '3.2 s'],
  [12_345, '12 s'],
  [128_000, '2 min 8 s'],
  [120_000, '2 min 0 s'],
  [3_600_000 * 3 + 61_000, '3 h 1 min'],
  [86_400_000 + 1000, '24 h 0 min'],
  [86_400_000 * 2.5, '2 d 12 h'],
])('%p ms last %p', (ms, expected) => expect(formatDuration(ms)).toBe(expected));

test('costs and prices have one form', () => {
  const costs = [
    [0, true],
    [0, false],
    [1325, true],
    [2_500_000, false],
  ] as const;
  expect(costs.map(([usdMicros, isFinal]) => formatCost({ usdMicros, isFinal }))).toEqual([
    'free',
    '–',
    '$0.0013',
    '≈ $2.50',
  ]);
  expect([0, 26_500, 12_240_000].map(formatPrice)).toEqual(['free', '$0.0265/h', '$12.24/h']);
});

test.each([
  [0, '$0.00'],
  [1325, '$0.0013'],
  [126_400, '$0.1264'],
  [999_960, '$1.0000'],
  [1_234_500, '$1.23'],
  [12_345_678_900, '$12,345.68'],
])('%p micros are %p', (micros, expected) => expect(formatMoney(micros)).toBe(expected));

test.each([
  [1, '1.000'],
  [0.9833, '0.9833'],
  [0.999_98, '0.99998'],
  [-1.000_02, '-1.00002'],
  [0, '0'],
  [12_345.6, '12,346'],
  [-0.000_03, '-3.000e-5'],
  [2e12, '2.000e12'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('%p is shown as %p', (value, expected) => expect(formatValue(value)).toBe(expected));

test('a value as shown is the value, to four digits', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
      const shown = Number(formatValue(value).replaceAll(',', ''));
      expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.abs(value) * 6e-4);
    }),
  );
});

test('sizes and short ids', () => {
  expect([0, 999, 1000, 12_345_678, 5e15].map(formatSize)).toEqual(['0 B', '999 B', '1.0 kB', '12 MB', '5000 TB']);
  expect(shortId('01a22bd3-5dc0-7a0b-8abc-0000348d4e2b')).toBe('348d4e2b');
});
