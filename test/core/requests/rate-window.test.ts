import { expect, test } from '@jest/globals';
import { createRateWindow } from '../../../core/requests/rate-window.ts';

const limit = { perWindow: 2, windowMs: 1000, mostCallers: 3 };

test('each caller has a count of its own, which ends with the window', () => {
  const window = createRateWindow(limit);
  for (const atMs of [0, 400]) {
    expect(window.waitMs('a', atMs)).toBeNull();
    window.count('a', atMs);
  }
  expect([window.waitMs('a', 400), window.waitMs('a', 999), window.waitMs('b', 400)]).toEqual([600, 1, null]);
  expect(window.waitMs('a', 1000)).toBeNull();
  for (const caller of ['a', 'a']) window.count(caller, 1000);
  expect([window.waitMs('a', 1999), window.waitMs('a', 500)]).toEqual([1, null]);
});

test('callers beyond the bound share a count, and those that are known keep theirs', () => {
  const window = createRateWindow(limit);
  for (const caller of ['a', 'b', 'c']) window.count(caller, 0);
  for (const caller of ['d', 'e']) window.count(caller, 0);
  expect([window.waitMs('f', 1), window.waitMs('a', 1)]).toEqual([999, null]);
  window.count('a', 1);
  expect(window.waitMs('a', 1)).toBe(999);
  expect(window.waitMs('f', 1000)).toBeNull();
});
