import { expect, test } from '@jest/globals';
import { backOffMs } from '@artenic/core';

const bounds = { first: 100, most: 2000 };

test('pauses grow to their limit, each between its half and its whole', () => {
  const upTo = (failures: number) => [0, 0.999_999].map((random) => backOffMs(failures, bounds, () => random));
  expect([0, 1, 4, 5, 2000].map((failures) => upTo(failures).map(Math.round))).toEqual([
    [50, 100],
    [100, 200],
    [800, 1600],
    [1000, 2000],
    [1000, 2000],
  ]);
});

test('a thousand that fail together do not try again together', () => {
  const pauses = Array.from({ length: 1000 }, () => backOffMs(9, bounds));
  const inOneTenth = pauses.filter((pause) => pause < 1100).length;
  expect(inOneTenth).toBeGreaterThan(20);
  expect(inOneTenth).toBeLessThan(300);
});
