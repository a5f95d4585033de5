import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';

const patienceMs = 5000;

/** Polls until the page shows the expected value, which may take some moments after a key press or a click. */
export async function eventually<T>(read: () => Promise<T>, expected: T): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let seen = await read();
  while (!isDeepStrictEqual(seen, expected) && performance.now() < deadline) seen = await read();
  expect(seen).toEqual(expected);
}
