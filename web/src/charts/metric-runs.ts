import type { MetricPoint } from '@artenic/core';

/** Horizontal axes: the training's steps, time since the job's start, or the time of day. */
export const xKinds = ['step', 'elapsed', 'time'] as const;
export type XKind = (typeof xKinds)[number];

/**
 * One line of a chart. `x` rises: steps, milliseconds since the job's start, or milliseconds since 1970. A null or NaN
 * in `y` is a gap.
 */
export type ChartRun = {
  readonly id: string;
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
};

export const mostRuns = 10;

/**
 * A metric of a job as a line. A resumed attempt repeats the steps since its checkpoint: over steps the later attempt's
 * value replaces the earlier; over time all reported values are kept.
 */
export function runOf(
  points: readonly MetricPoint[],
  wanted: {
    readonly id: string;
    readonly name: string;
    readonly metric: string;
    readonly xKind: XKind;
    /** Start of the job, from which elapsed time is counted. */
    readonly startMs: number;
  },
): ChartRun {
  const { id, name, metric, xKind, startMs } = wanted;
  const own = points.filter((point) => point.name === metric);
  if (xKind !== 'step') {
    const timed = own.map((point) => ({ at: xOf(point, xKind, startMs), value: point.value }));
    timed.sort((a, b) => a.at - b.at);
    return { id, name, x: timed.map(({ at }) => at), y: timed.map(({ value }) => value) };
  }
  const byStep = new Map<number, MetricPoint>();
  for (const point of own) {
    const before = byStep.get(point.step);
    if (before === undefined || point.attempt >= before.attempt) byStep.set(point.step, point);
  }
  const steps = [...byStep.values()].sort((a, b) => a.step - b.step);
  return { id, name, x: steps.map(({ step }) => step), y: steps.map(({ value }) => value) };
}

/** Place of a point on a horizontal axis. */
export function xOf(point: MetricPoint, xKind: XKind, startMs: number): number {
  if (xKind === 'step') return point.step;
  return Date.parse(point.time) - (xKind === 'elapsed' ? startMs : 0);
}

/** Names of all metrics, the most important ones first. */
export function metricNames(points: readonly MetricPoint[]): readonly string[] {
  const first = ['loss', 'train_loss', 'val_loss', 'accuracy', 'val_accuracy'];
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return [...new Set(points.map(({ name }) => name))].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}
