import { decimate, joinSeries, type Series } from './decimate.ts';
import type { ChartRun } from './metric-runs.ts';
import { outliersOf, type Outliers } from './outliers.ts';
import { canSmooth, smooth } from './smooth.ts';

export type LineOptions = {
  readonly isLog: boolean;
  /** Strength of the smoothing in [0, 1); 0 is off. */
  readonly smoothing: number;
  /** The vertical axis leaves out values far outside of the others; they are marked at its edge. */
  readonly ignoresOutliers: boolean;
};

export const plainLines: LineOptions = { isLog: false, smoothing: 0, ignoresOutliers: false };

export type LineData = {
  readonly x: readonly number[];
  /** For each run, the raw points behind its smoothed line; empty without smoothing. */
  readonly raw: readonly (readonly (number | null | undefined)[])[];
  readonly main: readonly (readonly (number | null | undefined)[])[];
  /** Number of values at or below zero, which a logarithmic axis cannot show. */
  readonly notPositive: number;
  /** Values outside of the axis; null when the axis covers all values. */
  readonly outliers: Outliers | null;
  /** Names of the lines that have too few points to be smoothed. */
  readonly notSmoothed: readonly string[];
};

/** Turns values that cannot be drawn into gaps: infinities, and values ≤ 0 on a logarithmic axis. */
function drawable(y: readonly (number | null)[], isLog: boolean): (number | null)[] {
  return y.map((value) => (value === null || !Number.isFinite(value) || (isLog && value <= 0) ? null : value));
}

/** Width of the x axis that shows all runs. */
export function spanOf(runs: readonly ChartRun[]): number {
  const [low, high] = wholeRange(runs);
  return high - low;
}

/** From the first to the last x of any run. */
export function wholeRange(runs: readonly ChartRun[]): readonly [number, number] {
  const low = Math.min(...runs.map(({ x }) => x[0] ?? Infinity));
  const high = Math.max(...runs.map(({ x }) => x.at(-1) ?? -Infinity));
  return [low, high];
}

/**
 * Data for the canvas. All points are smoothed first and thinned to the shown part second, so zooming changes no value.
 * @param options.spanX width of the x axis without zoom; hiding a line must not change how others are smoothed
 */
export function lineData(
  runs: readonly ChartRun[],
  options: LineOptions & {
    readonly buckets: number;
    readonly range: readonly [number, number] | null;
    readonly spanX: number;
  },
): LineData {
  const { isLog, smoothing, ignoresOutliers, buckets, range, spanX } = options;
  const thin = (series: Series): Series => decimate(series, range === null ? { buckets } : { buckets, range });
  const notPositive = isLog
    ? runs.reduce((sum, { y }) => sum + y.filter((value) => value !== null && value <= 0).length, 0)
    : 0;
  const found = ignoresOutliers ? outliersOf(runs, { range, isLog }) : null;
  const outliers = found === null || found.axis === null ? null : found;
  const thinRaw = runs.map(({ x, y }) => thin({ x, y: drawable(y, isLog) }));
  if (smoothing <= 0 || !runs.some(({ y }) => canSmooth(y))) {
    const { x, ys } = joinSeries(thinRaw);
    const notSmoothed = smoothing <= 0 ? [] : runs.map(({ name }) => name);
    return { x, raw: [], main: ys, notPositive, outliers, notSmoothed };
  }
  const smoothed = runs.map(({ x, y }) => thin({ x, y: drawable(smooth(x, y, { smoothing, spanX }), isLog) }));
  const { x, ys } = joinSeries([...thinRaw, ...smoothed]);
  const notSmoothed = runs.filter(({ y }) => !canSmooth(y)).map(({ name }) => name);
  return { x, raw: ys.slice(0, runs.length), main: ys.slice(runs.length), notPositive, outliers, notSmoothed };
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
