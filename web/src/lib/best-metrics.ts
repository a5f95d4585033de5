import { gain, goodSide, type MetricPoint } from '@artenic/core';

export type BestMetric = {
  readonly name: string;
  /** Null for a metric of which nobody knows what is good, such as a gradient's norm. */
  readonly best: number | null;
  readonly bestStep: number | null;
  readonly last: number;
};

/** For each metric its best and its newest value; metrics without a finite value are left out. */
export function bestMetrics(points: readonly MetricPoint[]): readonly BestMetric[] {
  const found = new Map<string, { readonly best: MetricPoint; readonly last: MetricPoint }>();
  for (const point of points) {
    const { name, value } = point;
    if (value === null || name === 'progress') continue;
    const before = found.get(name);
    if (before === undefined) {
      found.set(name, { best: point, last: point });
      continue;
    }
    const isBetter = gain(name, value, before.best.value ?? value) > 0;
    const isLater = point.time > before.last.time || (point.time === before.last.time && point.step > before.last.step);
    if (isBetter || isLater)
      found.set(name, { best: isBetter ? point : before.best, last: isLater ? point : before.last });
  }
  return [...found].map(([name, { best, last }]) => {
    const isKnown = goodSide(name) !== null;
    return {
      name,
      best: isKnown ? best.value : null,
      bestStep: isKnown ? best.step : null,
      last: last.value ?? 0,
    };
  });
}
