import { isLowerBetter } from './metric-choice.ts';
import type { MetricPoint } from './rest.ts';

/**
 * Points of a job that still count, by attempt and step: a later attempt replaces those of earlier ones from the first
 * step of any of its metrics on, because what came after its checkpoint was lost.
 */
export function keptPoints(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const sorted = points.toSorted((one, other) => one.attempt - other.attempt || one.step - other.step);
  const kept: MetricPoint[] = [];
  let replacedFrom = Number.POSITIVE_INFINITY;
  for (const own of [...Map.groupBy(sorted, ({ attempt }) => attempt).values()].toReversed()) {
    kept.unshift(...own.filter(({ step }) => step < replacedFrom));
    replacedFrom = Math.min(replacedFrom, own[0]?.step ?? replacedFrom);
  }
  return kept;
}

/** The best of these points of one metric, the first of equals; null when no value is finite. */
export function bestPoint(name: string, points: readonly MetricPoint[]): MetricPoint | null {
  let best: MetricPoint | null = null;
  for (const point of points) {
    if (point.value === null) continue;
    const isBetter = best?.value == null || (isLowerBetter(name) ? point.value < best.value : point.value > best.value);
    if (isBetter) best = point;
  }
  return best;
}
