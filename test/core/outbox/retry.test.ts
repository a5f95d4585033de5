import { expect, test } from '@jest/globals';
import { afterFailure, mostTries } from '../../../core/outbox/retry.ts';

test('pauses grow to ten minutes, and then it is given up', () => {
  const pauses: number[] = [];
  for (let tries = 1; tries < mostTries; tries++) {
    const next = afterFailure({ tries, nowMs: 1000 });
    if (next.kind === 'retry') pauses.push(next.atMs - 1000);
  }
  expect(pauses.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
  expect(Math.max(...pauses)).toBe(600_000);
  expect(pauses).toHaveLength(mostTries - 1);
  expect(afterFailure({ tries: mostTries, nowMs: 1000 })).toEqual({ kind: 'give-up' });
});
