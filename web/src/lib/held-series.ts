import type { MetricPoint, MetricSeries } from '@artenic/core';

/** New points that are asked for at once; of more the series are read again. */
export const mostNews = 5000;
/** Points that are added to what was read before it is read, and thinned, again. */
export const mostAdded = 20_000;

/** A job's points as a screen has them. */
export type HeldSeries = {
  readonly items: readonly MetricPoint[];
  readonly nextAfter: number;
  /** How many were added since all were read. */
  readonly added: number;
};

export function heldOf({ items, nextAfter }: MetricSeries): HeldSeries {
  return { items, nextAfter, added: 0 };
}

/** Charts order points by themselves. Nothing new keeps what is there, so that nothing is drawn again. */
export function withNews(held: HeldSeries, { items, nextAfter }: MetricSeries): HeldSeries {
  if (items.length === 0) return held;
  return { items: [...held.items, ...items], nextAfter, added: held.added + items.length };
}
