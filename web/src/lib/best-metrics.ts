import { bestPoint, goodSide, keptPoints, type MetricPoint } from '@artenic/core';

export type BestMetric = {
  readonly name: string;
  /** Null for a metric without a good side, such as a gradient's norm. */
  readonly best: number | null;
  readonly bestStep: number | null;
  readonly last: number;
};

/** For each metric its best and its newest value that count; metrics without a finite value are left out. */
export function bestMetrics(points: readonly MetricPoint[]): readonly BestMetric[] {
  return [...Map.groupBy(keptPoints(points), ({ name }) => name)].flatMap(([name, own]): readonly BestMetric[] => {
    if (name === 'progress') return [];
    const kept = own.filter(({ value }) => value !== null);
    const last = kept.at(-1)?.value ?? null;
    if (last === null) return [];
    const best = goodSide(name) === null ? null : bestPoint(name, kept);
    return [{ name, best: best?.value ?? null, bestStep: best?.step ?? null, last }];
  });
}
