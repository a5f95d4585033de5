import { expect, test } from '@jest/globals';
import { everyMs } from '../../../app/loops/every.ts';
import { poll } from '../../support/poll.ts';

test('rounds never run beside each other, however slow they are, and closing waits for the one under way', async () => {
  let [rounds, atOnce, most] = [0, 0, 0];
  const { promise: isSlow, resolve: goOn } = Promise.withResolvers<void>();
  const loop = everyMs(
    1,
    async () => {
      most = Math.max(most, ++atOnce);
      if (++rounds === 3) await isSlow;
      atOnce--;
    },
    { onError: () => undefined },
  );
  await poll('the slow round', 5000, () => (rounds === 3 ? true : null));
  let isClosed = false;
  const closing = loop.close().then(() => (isClosed = true));
  await new Promise((done) => setImmediate(done));
  expect([isClosed, atOnce]).toEqual([false, 1]);
  goOn();
  await closing;
  expect([rounds, atOnce, most]).toEqual([3, 0, 1]);
});

test('a round that fails is told, and the next one follows', async () => {
  const told: unknown[] = [];
  let rounds = 0;
  const loop = everyMs(
    1,
    async () => {
      rounds++;
      if (rounds < 3) throw new Error(`round ${rounds}`);
    },
    { onError: (error) => told.push((error as Error).message) },
  );
  await poll('the third round', 5000, () => (rounds >= 3 ? true : null));
  await loop.close();
  expect(told).toEqual(['round 1', 'round 2']);
});

test('closing ends the pause, and work hears of it', async () => {
  let heard: AbortSignal | null = null;
  const loop = everyMs(
    3_600_000,
    async (signal) => {
      heard = signal;
    },
    { onError: () => undefined },
  );
  await poll('the first round', 5000, () => heard);
  await loop.close();
  expect((heard as AbortSignal | null)?.aborted).toBe(true);
});
