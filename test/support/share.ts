import { createHash } from 'node:crypto';

/** `ARTENIC_TEST_FULL=1` asks for every state, size and count. Without it, what is long is taken in parts, by turns. */
export const isFull = process.env['ARTENIC_TEST_FULL'] === '1';

/** The hash of the commit, set once for a run by the global setup; `ARTENIC_TEST_SEED` repeats a run. */
const seed = process.env['ARTENIC_TEST_SEED'] ?? '';

const rank = (name: string, index: number): string =>
  createHash('sha256').update(`${seed}/${name}/${index}`).digest('hex');

/** `count` of the items, which ones by the run's seed; all of them in a full run. Keeps their order. */
export function byTurns<T>(name: string, items: readonly T[], count: number): readonly T[] {
  if (isFull || count >= items.length) return items;
  const ranked = items.map((_, index) => index).sort((a, b) => (rank(name, a) < rank(name, b) ? -1 : 1));
  const chosen = new Set(ranked.slice(0, count));
  return items.filter((_, index) => chosen.has(index));
}

/** Whether it is this part's turn: in one run of `oneIn`, and in each full run. */
export const isTurn = (name: string, oneIn: number): boolean =>
  isFull ||
  byTurns(
    name,
    Array.from({ length: oneIn }, (_, index) => index),
    1,
  )[0] === 0;

/** A number from the run's seed, for tests that draw their own cases. */
export const seedOf = (name: string): number => Number.parseInt(rank(name, 0).slice(0, 7), 16);
