import { expect, test } from '@jest/globals';
import { capacityPollMs } from '../../../core/capacity/poll.ts';

test('attempts far behind ask seldom: ten thousand of them ask less than seven times a second together', () => {
  const rates = Array.from({ length: 10_000 }, (_, index) => 1000 / capacityPollMs(index + 1));
  expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeLessThan(7);
  expect(capacityPollMs(1)).toBe(5000);
  expect(capacityPollMs(100)).toBeGreaterThan(capacityPollMs(10));
  expect(capacityPollMs(1_000_000)).toBe(3_600_000);
});
