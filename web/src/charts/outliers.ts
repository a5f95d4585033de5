import { quantileSorted } from 'd3-array';
import type { ChartRun } from './metric-runs.ts';

/** Tukey's outer fence: a value this many quartile distances outside of the middle half is far out. */
const fence = 3;
/** Fewer values than this have no outliers. */
const least = 8;

export type AxisRange = readonly [low: number, high: number];

/** Values of the runs inside the shown part of x; `isLog` drops what a logarithmic axis cannot show. */
function shownValues(
  runs: readonly ChartRun[],
  shown: { readonly range: AxisRange | null; readonly isLog: boolean },
): number[] {
  const { range, isLog } = shown;
  const values: number[] = [];
  for (const { x, y } of runs)
    for (const [at, value] of y.entries()) {
      if (value === null || !Number.isFinite(value) || (isLog && value <= 0)) continue;
      const place = x[at] ?? 0;
      if (range === null || (place >= range[0] && place <= range[1])) values.push(value);
    }
  return Array.from(Float64Array.from(values).sort());
}

export type Outliers = {
  /** Range of the axis without outliers, a little wider than the values in it; null when there are no outliers. */
  readonly axis: AxisRange | null;
  readonly count: number;
  readonly lowest: number;
  readonly highest: number;
};

const none: Outliers = { axis: null, count: 0, lowest: Number.NaN, highest: Number.NaN };

/** Values of the runs that lie far outside of the others, in the shown part of x. */
export function outliersOf(
  runs: readonly ChartRun[],
  shown: { readonly range: AxisRange | null; readonly isLog: boolean },
): Outliers {
  const values = shownValues(runs, shown);
  if (values.length < least) return none;
  const scale = (value: number): number => (shown.isLog ? Math.log10(value) : value);
  const unscale = (value: number): number => (shown.isLog ? 10 ** value : value);
  const quartile = (share: number): number => quantileSorted(values, share, scale) ?? 0;
  const [low, high] = [quartile(0.25), quartile(0.75)];
  // More than half of the values are equal: what differs is compared with the spread of the middle nine tenths.
  const spread = high > low ? high - low : (quartile(0.95) - quartile(0.05)) / 2;
  if (!(spread > 0)) return none;
  const [from, to] = [low - fence * spread, high + fence * spread];
  const inside = values.filter((value) => scale(value) >= from && scale(value) <= to);
  const [lowest, highest] = [values[0] ?? Number.NaN, values.at(-1) ?? Number.NaN];
  if (inside.length === values.length || inside.length === 0) return none;
  const [bottom, top] = [scale(inside[0] ?? 0), scale(inside.at(-1) ?? 0)];
  const margin = (top - bottom) * 0.05 || spread * 0.05;
  return {
    axis: [unscale(bottom - margin), unscale(top + margin)],
    count: values.length - inside.length,
    lowest,
    highest,
  };
}
