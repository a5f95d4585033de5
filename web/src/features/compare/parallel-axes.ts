import { extent } from 'd3-array';
import { logTicks, roundTicks } from '../../charts/scale.ts';
import type { ConfigRow } from './config-rows.ts';
import type { MetricColumn } from './metric-table.ts';

export type ParallelAxis = {
  readonly id: string;
  readonly label: string;
  readonly isMetric: boolean;
  /** One value for each job; null for a job without it. */
  readonly values: readonly (number | null)[];
};

export type AxisView = {
  /** High values at the bottom. */
  readonly isFlipped: boolean;
  readonly isLog: boolean;
};

export const plainAxis: AxisView = { isFlipped: false, isLog: false };

/** Axes of numbers in which the jobs differ: their settings, then their best metrics. */
export function parallelAxes(rows: readonly ConfigRow[], columns: readonly MetricColumn[]): readonly ParallelAxis[] {
  const settings = rows.flatMap(({ path, numbers, differs }): ParallelAxis[] =>
    numbers === null || !differs
      ? []
      : [{ id: `setting ${path}`, label: path.replace(/^config\./, ''), isMetric: false, values: numbers }],
  );
  const metrics = columns.flatMap(({ name, values }): ParallelAxis[] =>
    new Set(values).size < 2 ? [] : [{ id: `metric ${name}`, label: name, isMetric: true, values }],
  );
  return [...settings, ...metrics];
}

/** Lowest and highest value; null for an axis without values. */
function endsOf({ values }: ParallelAxis): readonly [low: number, high: number] | null {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const [low, high] = extent<number>(finite);
  return low === undefined || high === undefined ? null : [low, high];
}

/** A logarithmic axis has no place for zero and below. */
export const canBeLog = ({ values }: ParallelAxis): boolean =>
  values.every((value) => value === null || value > 0) && values.some((value) => value !== null);

/** Place of a value on an axis: 0 at the bottom, 1 at the top; null for none. */
export function placeOn(axis: ParallelAxis, value: number | null, view: AxisView): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  const isLog = view.isLog && canBeLog(axis);
  const scale = (one: number): number => (isLog ? Math.log(one) : one);
  const [low, high] = endsOf(axis) ?? [0, 0];
  if (low === high) return 0.5;
  const share = (scale(value) - scale(low)) / (scale(high) - scale(low));
  const place = Math.min(1, Math.max(0, share));
  return view.isFlipped ? 1 - place : place;
}

/** Values that are written beside an axis: its ends, or round numbers between them. */
export function axisTicks(axis: ParallelAxis, view: AxisView): readonly number[] {
  const ends = endsOf(axis);
  if (ends === null) return [];
  const [low, high] = ends;
  if (low === high) return [low];
  const round = view.isLog && canBeLog(axis) ? logTicks(low, high, 4) : roundTicks(low, high, 4);
  return round.length >= 2 ? round : [low, high];
}
