import type { RegistryItem } from '@artenic/core';

type Metrics = RegistryItem['versions'][number]['metrics'];

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

/** The metric that represents a model where only one is shown. */
export function mainMetric(metrics: Metrics): string | null {
  const names = Object.keys(metrics);
  return preferred.find((name) => names.includes(name)) ?? names.toSorted()[0] ?? null;
}

const higherIsBetter = /acc|auc|f1|r2|precision|recall|score|bleu|rouge|iou|reward|return|success/;

/** Whether low or high values of a metric are good; null where its name does not tell. */
export function goodSide(name: string): 'low' | 'high' | null {
  if (lowerIsBetter.test(name)) return 'low';
  return higherIsBetter.test(name) ? 'high' : null;
}

const isLowerBetter = (name: string): boolean => lowerIsBetter.test(name);

/** Improvement of a value over another; positive when it is better. */
export function gain(name: string, value: number, before: number): number {
  return isLowerBetter(name) ? before - value : value - before;
}
