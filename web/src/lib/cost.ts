import type { Cost } from '@artenic/core';
import { formatUsd } from './format.ts';

export function costText({ usdMicros, isFinal }: Cost): string {
  return `${isFinal ? '' : '≈ '}${formatUsd(usdMicros)}`;
}

/** Null where nothing has cost anything: then nobody needs to read of it. */
export function totalCost(costs: readonly Cost[]): Cost | null {
  const usdMicros = costs.reduce((sum, cost) => sum + cost.usdMicros, 0);
  return usdMicros === 0 ? null : { usdMicros, isFinal: costs.every(({ isFinal }) => isFinal) };
}

/** Among others that cost something. */
export function costOrFree(cost: Cost): string {
  if (cost.usdMicros > 0) return costText(cost);
  return cost.isFinal ? 'free' : '–';
}

const estimateEveryMs = 15_000;

/** How soon a look at these is due because money runs on; false when it does not. */
export function estimateInterval(costs: readonly Cost[]): number | false {
  return costs.some(({ usdMicros, isFinal }) => usdMicros > 0 && !isFinal) ? estimateEveryMs : false;
}
