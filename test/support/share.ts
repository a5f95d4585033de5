import { createHash } from 'node:crypto';

/** `ARTENIC_TEST_FULL=1` tests every state, size and count. Other runs take a part of long enumerations, by seed. */
export const isFull = process.env['ARTENIC_TEST_FULL'] === '1';

/** The commit's hash, set once per run by jest's configuration; `ARTENIC_TEST_SEED` repeats a run. */
const seed = (): string => process.env['ARTENIC_TEST_SEED'] ?? '';

const rank = (name: string, index: number): string =>
  createHash('sha256').update(`${seed()}/${name}/${index}`).digest('hex');

/** Picks `count` of the items by the run's seed; all of them in a full run. Keeps their order. */
export function byTurns<T>(name: string, items: readonly T[], count: number): readonly T[] {
  if (isFull || count >= items.length) return items;
  const ranked = items.map((_, index) => index).sort((a, b) => (rank(name, a) < rank(name, b) ? -1 : 1));
  const chosen = new Set(ranked.slice(0, count));
  return items.filter((_, index) => chosen.has(index));
}

/** Whether this run includes the part: one run in `oneIn`, and each full run. */
export const isTurn = (name: string, oneIn: number): boolean =>
  isFull ||
  byTurns(
    name,
    Array.from({ length: oneIn }, (_, index) => index),
    1,
  )[0] === 0;

/** A number from the run's seed, for tests with random cases. */
export const seedOf = (name: string): number => Number.parseInt(rank(name, 0).slice(0, 7), 16);
