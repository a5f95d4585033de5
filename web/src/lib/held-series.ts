import type { MetricPoint, MetricSeries } from '@artenic/core';

/** Most new points that a single request adds; if there are more, the series are read again. */
export const mostNews = 5000;
/** Most points added to the held series before they are read, and thinned, again. */
export const mostAdded = 20_000;

/** A job's points as held by a page. */
export type HeldSeries = {
  readonly items: readonly MetricPoint[];
  readonly nextAfter: number;
  /** Points added since the whole series was read. */
  readonly added: number;
};

export function heldOf({ items, nextAfter }: MetricSeries): HeldSeries {
  return { items, nextAfter, added: 0 };
}

/** Charts sort points themselves. Without new points the same object is returned, so that charts do not redraw. */
export function withNews(held: HeldSeries, { items, nextAfter }: MetricSeries): HeldSeries {
  if (items.length === 0) return held;
  return { items: [...held.items, ...items], nextAfter, added: held.added + items.length };
}
