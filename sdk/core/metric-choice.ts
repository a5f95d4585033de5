import { ownValue } from './own-value.ts';

const preferred = [
  'val_accuracy',
  'accuracy',
  'val_f1',
  'f1',
  'val_auc',
  'auc',
  'r2',
  'val_loss',
  'loss',
  'rmse',
  'mae',
];
const lowerIsBetter = /loss|error|rmse|mse|mae|perplexity/;

/** The metric that represents a model or a job where only one is shown. */
export function mainMetric(names: readonly string[]): string | null {
  return preferred.find((name) => names.includes(name)) ?? names.toSorted()[0] ?? null;
}

const higherIsBetter = /acc|auc|f1|r2|precision|recall|score|bleu|rouge|iou|reward|return|success/;

/** Which values of a metric are better. */
export const metricDirections = ['min', 'max'] as const;
export type MetricDirection = (typeof metricDirections)[number];
/** As a job declares them, by metric. */
export type MetricDirections = Readonly<Record<string, MetricDirection>>;

/** Whether low or high values of a metric are good; null where its name does not show it. */
export function goodSide(name: string): 'low' | 'high' | null {
  if (lowerIsBetter.test(name)) return 'low';
  return higherIsBetter.test(name) ? 'high' : null;
}

export const isLowerBetter = (name: string): boolean => lowerIsBetter.test(name);

/** Improvement of a value over another; positive when it is better. */
export function gain(name: string, value: number, before: number): number {
  return isLowerBetter(name) ? before - value : value - before;
}

/** The least and the greatest finite value of one metric in one attempt; null before the first. */
export type SeriesExtremes = {
  readonly attempt: number;
  readonly name: string;
  readonly firstStep: number;
  readonly leastValue: number | null;
  readonly leastStep: number | null;
  readonly greatestValue: number | null;
  readonly greatestStep: number | null;
};

type BestMetric = { readonly name: string; readonly value: number; readonly step: number };

/**
 * Best value of the job's main metric: of those that the job declares, else of all; of equal ones the first. The
 * extremes are of points that count: a later attempt replaces those of earlier ones from its first step on.
 */
export function bestMetric(
  series: readonly SeriesExtremes[],
  declared: readonly string[],
  directions: MetricDirections = {},
): BestMetric | null {
  const names = [...new Set(series.map(({ name }) => name))];
  const kept = names.filter((name) => declared.includes(name));
  const main = mainMetric(kept.length > 0 ? kept : names);
  if (main === null) return null;
  const direction = ownValue(directions, main);
  const isLower = direction === undefined ? isLowerBetter(main) : direction === 'min';
  let best: BestMetric | null = null;
  for (const one of series.toSorted((first, other) => first.attempt - other.attempt)) {
    if (one.name !== main) continue;
    const [value, step] = isLower ? [one.leastValue, one.leastStep] : [one.greatestValue, one.greatestStep];
    if (value === null || step === null || step >= replacedFrom(series, one.attempt)) continue;
    const isBetter = best === null || (isLower ? value < best.value : value > best.value);
    if (isBetter) best = { name: main, value, step };
  }
  return best;
}

/** The first step of any metric in any later attempt: points of this attempt count up to it. */
export function replacedFrom(
  series: readonly { readonly attempt: number; readonly firstStep: number }[],
  attempt: number,
): number {
  let from = Number.POSITIVE_INFINITY;
  for (const one of series) if (one.attempt > attempt) from = Math.min(from, one.firstStep);
  return from;
}
