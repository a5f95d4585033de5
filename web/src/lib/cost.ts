import type { Cost } from '@artenic/core';

/** Null when no item has a cost, so that free setups show no costs at all. */
export function totalCost(costs: readonly Cost[]): Cost | null {
  const usdMicros = costs.reduce((sum, cost) => sum + cost.usdMicros, 0);
  return usdMicros === 0 ? null : { usdMicros, isFinal: costs.every(({ isFinal }) => isFinal) };
}

const estimateEveryMs = 15_000;

/** Interval for refetching while an estimated cost still grows; false when no cost grows. */
export function estimateInterval(costs: readonly Cost[]): number | false {
  return costs.some(({ usdMicros, isFinal }) => usdMicros > 0 && !isFinal) ? estimateEveryMs : false;
}
