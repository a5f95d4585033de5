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
 * Best value of the job's main metric: of those that the job declares, else of all. A later attempt replaces the points
 * of earlier ones from its first step on, so a best point that was lost with its machine does not count.
 */
export function bestMetric(series: readonly SeriesExtremes[], declared: readonly string[]): BestMetric | null {
  const names = [...new Set(series.map(({ name }) => name))];
  const kept = names.filter((name) => declared.includes(name));
  const main = mainMetric(kept.length > 0 ? kept : names);
  if (main === null) return null;
  const isLower = isLowerBetter(main);
  let best: BestMetric | null = null;
  for (const one of series) {
    if (one.name !== main) continue;
    const [value, step] = isLower ? [one.leastValue, one.leastStep] : [one.greatestValue, one.greatestStep];
    if (value === null || step === null || step >= replacedFrom(series, one.attempt)) continue;
    const isBetter = best === null || (isLower ? value < best.value : value > best.value);
    if (isBetter) best = { name: main, value, step };
  }
  return best;
}

/** The first step of any later attempt. */
function replacedFrom(series: readonly SeriesExtremes[], attempt: number): number {
  let from = Number.POSITIVE_INFINITY;
  for (const one of series) if (one.attempt > attempt) from = Math.min(from, one.firstStep);
  return from;
}
