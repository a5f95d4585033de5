/** Numbers by position; null and NaN are gaps. */
export type Series = { readonly x: readonly number[]; readonly y: readonly (number | null)[] };

const isGap = (value: number | null | undefined): boolean =>
  value === null || value === undefined || Number.isNaN(value);

/** Index of the first x that is not below `value`. */
function lowerBound(x: readonly number[], value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((x[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Bucket = { first: number; last: number; lowest: number; highest: number; gap: number };

/** Points of a bucket that the line needs: first, lowest, highest, last, and a gap if the bucket has any. */
function keptOf(bucket: Bucket): readonly number[] {
  const { first, last, lowest, highest, gap } = bucket;
  return [...new Set([first, lowest, highest, last, gap])].filter((index) => index >= 0).sort((a, b) => a - b);
}

/**
 * Thins a line to the points that a screen of `buckets` columns can show, by M4 (Jugel and others, VLDB 2014). Every
 * column keeps its first, lowest, highest and last point, so no spike is lost and the picture stays the same. Gaps stay
 * gaps.
 * @param range the shown part of x; one more point on either side is kept, so that lines run out of the picture
 */
export function decimate(
  { x, y }: Series,
  options: { readonly buckets: number; readonly range?: readonly [number, number] },
): { readonly x: number[]; readonly y: (number | null)[] } {
  const { buckets, range } = options;
  const from = range === undefined ? 0 : Math.max(0, lowerBound(x, range[0]) - 1);
  const to = range === undefined ? x.length : Math.min(x.length, lowerBound(x, range[1]) + 2);
  const kept: number[] = [];
  if (to - from <= buckets * 4) {
    for (let at = from; at < to; at++) kept.push(at);
  } else {
    const low = x[from] ?? 0;
    const width = Math.max(Number.MIN_VALUE, (x[to - 1] ?? 0) - low);
    let current = -1;
    let bucket: Bucket | null = null;
    for (let at = from; at < to; at++) {
      const place = Math.min(buckets - 1, Math.floor((((x[at] ?? 0) - low) / width) * buckets));
      if (bucket === null || place !== current) {
        if (bucket !== null) kept.push(...keptOf(bucket));
        bucket = { first: -1, last: -1, lowest: -1, highest: -1, gap: -1 };
        current = place;
      }
      const value = y[at] ?? null;
      if (isGap(value)) {
        bucket.gap = at;
        continue;
      }
      if (bucket.first < 0) bucket.first = at;
      bucket.last = at;
      if (bucket.lowest < 0 || Number(value) < Number(y[bucket.lowest])) bucket.lowest = at;
      if (bucket.highest < 0 || Number(value) > Number(y[bucket.highest])) bucket.highest = at;
    }
    if (bucket !== null) kept.push(...keptOf(bucket));
  }
  return {
    x: kept.map((at) => x[at] ?? 0),
    y: kept.map((at) => (isGap(y[at]) ? null : (y[at] ?? null))),
  };
}

/**
 * Joins series on one axis in the form uPlot expects. A series without a point at an x gets `undefined`, and its line
 * runs across; its own gaps are null and break the line.
 */
export function joinSeries(series: readonly Series[]): {
  readonly x: number[];
  readonly ys: (number | null | undefined)[][];
} {
  const all = new Set<number>();
  for (const { x } of series) for (const value of x) all.add(value);
  const joined = Float64Array.from(all).sort();
  const places = new Map<number, number>();
  for (const [place, value] of joined.entries()) places.set(value, place);
  const ys = series.map(({ x, y }) => {
    const values = Array.from<number | null | undefined>({ length: joined.length });
    for (const [at, value] of x.entries()) values[places.get(value) ?? 0] = y[at] ?? null;
    return values;
  });
  return { x: [...joined], ys };
}
