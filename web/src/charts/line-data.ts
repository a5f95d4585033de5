import { decimate, joinSeries, type Series } from './decimate.ts';
import type { ChartRun } from './metric-runs.ts';
import { smooth } from './smooth.ts';

export type LineOptions = {
  readonly isLog: boolean;
  /** Weight of the moving average in [0, 1). */
  readonly smoothing: number;
};

export type LineData = {
  readonly x: readonly number[];
  /** For each run, the raw points behind its smoothed line; empty without smoothing. */
  readonly raw: readonly (readonly (number | null | undefined)[])[];
  readonly main: readonly (readonly (number | null | undefined)[])[];
  /** Number of values at or below zero, which a logarithmic axis cannot show. */
  readonly notPositive: number;
};

/** Turns values that cannot be drawn into gaps: infinities, and values ≤ 0 on a logarithmic axis. */
function drawable(y: readonly (number | null)[], isLog: boolean): (number | null)[] {
  return y.map((value) => (value === null || !Number.isFinite(value) || (isLog && value <= 0) ? null : value));
}

/**
 * Data for the canvas. All points are smoothed first and thinned to the shown part second, so zooming changes no value.
 */
export function lineData(
  runs: readonly ChartRun[],
  options: LineOptions & { readonly buckets: number; readonly range: readonly [number, number] | null },
): LineData {
  const { isLog, smoothing, buckets, range } = options;
  const thin = (series: Series): Series => decimate(series, range === null ? { buckets } : { buckets, range });
  const notPositive = isLog
    ? runs.reduce((sum, { y }) => sum + y.filter((value) => value !== null && value <= 0).length, 0)
    : 0;
  const raw = runs.map(({ x, y }) => ({ x, y: drawable(y, isLog) }));
  const thinRaw = raw.map(thin);
  if (smoothing <= 0) {
    const { x, ys } = joinSeries(thinRaw);
    return { x, raw: [], main: ys, notPositive };
  }
  const smoothed = runs.map(({ x, y }) => thin({ x, y: drawable(smooth(y, smoothing), isLog) }));
  const { x, ys } = joinSeries([...thinRaw, ...smoothed]);
  return { x, raw: ys.slice(0, runs.length), main: ys.slice(runs.length), notPositive };
}

/** Value of a run at x, or at the nearest point before x; undefined before its first point. */
export function valueAt(run: ChartRun, x: number): number | null | undefined {
  let low = 0;
  let high = run.x.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((run.x[middle] ?? 0) <= x) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : run.y[low - 1];
}

/** Shown range after zooming by a factor around a point; null when the result covers everything. */
export function zoomed(
  whole: readonly [number, number],
  shown: readonly [number, number] | null,
  factor: number,
  around: number | null,
): readonly [number, number] | null {
  const [low, high] = shown ?? whole;
  const center = around === null || around < low || around > high ? (low + high) / 2 : around;
  const from = Math.max(whole[0], center - (center - low) * factor);
  const to = Math.min(whole[1], center + (high - center) * factor);
  return from <= whole[0] && to >= whole[1] ? null : [from, to];
}
