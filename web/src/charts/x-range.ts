import type { AxisRange } from './outliers.ts';

/** A place in both measures of a horizontal axis. */
export type XPair = { readonly from: number; readonly to: number };

/**
 * The same part of a chart on another horizontal axis: from the first to the last point that is shown now. Null when
 * fewer than two different points are shown, because then there is nothing to carry over.
 */
export function convertRange(range: AxisRange, pairs: readonly XPair[]): AxisRange | null {
  let [low, high] = [Infinity, -Infinity];
  for (const { from, to } of pairs) {
    if (from < range[0] || from > range[1]) continue;
    low = Math.min(low, to);
    high = Math.max(high, to);
  }
  return high > low ? [low, high] : null;
}
