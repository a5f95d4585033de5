import { expect, test } from '@jest/globals';
import { atOnce } from '../../runner/at-once.ts';

const { signal: wanted } = new AbortController();
const items = Array.from({ length: 20 }, (_, index) => index);

test('works on so many at a time, and gives the results in their order', async () => {
  let running = 0;
  let most = 0;
  const results = await atOnce(4, items, wanted, async (item, index) => {
    most = Math.max(most, ++running);
    // Within each group of three, later items end earlier.
    for (let turns = item % 3; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
    running--;
    return item * 10 + index;
  });
  expect(results).toEqual(items.map((item) => item * 11));
  expect(most).toBe(4);
  expect(await atOnce(4, [], wanted, async () => 1)).toEqual([]);
});

test('after a failure begins no other, tells those under way, and waits for their end', async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = atOnce(3, items, wanted, async (item, _, unwanted) => {
    begun.push(item);
    if (item === 1) throw new Error('the second one');
    await new Promise((resolve) => unwanted.addEventListener('abort', resolve, { once: true }));
    ended++;
    throw new Error('because of it');
  });
  await expect(work).rejects.toThrow('the second one');
  expect(begun).toEqual([0, 1, 2]);
  expect(ended).toBe(2);
});
