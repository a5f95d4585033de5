/**
 * Pause before the next try, in milliseconds: doubled with each failure from `first` to `most`, and then between half and the whole of
 * it, so that clients that lost the same server do not return at the same moment.
 */
export function backOffMs(
  failures: number,
  { first, most }: { readonly first: number; readonly most: number },
  random: () => number = Math.random,
): number {
  return Math.min(first * 2 ** failures, most) * (0.5 + random() / 2);
}
