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

const isLowerBetter = (name: string): boolean => lowerIsBetter.test(name);

/** Improvement of a value over another; positive when it is better. */
export function gain(name: string, value: number, before: number): number {
  return isLowerBetter(name) ? before - value : value - before;
}
