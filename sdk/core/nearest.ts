/** Longer words are not compared: nobody mistypes them by accident, and comparing costs time. */
const longest = 64;

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function distance(one: string, other: string): number {
  let [before, row]: [readonly number[], readonly number[]] = [
    [],
    Array.from({ length: other.length + 1 }, (_, index) => index),
  ];
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const changed = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : changed;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped));
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}

/** The word that was probably meant; null when none is near. Capitals, `-` and `_` do not count. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > longest) return null;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const [best] = candidates
    .map((candidate) => ({ candidate, steps: distance(plain(word), plain(candidate)) }))
    .toSorted((one, other) => one.steps - other.steps);
  if (best === undefined) return null;
  return best.steps <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : null;
}
