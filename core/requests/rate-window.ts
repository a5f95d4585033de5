/** Requests of one caller in a window, and how many callers have a count of their own. */
export type RateLimit = { readonly perWindow: number; readonly windowMs: number; readonly mostCallers: number };

export type RateWindow = {
  /** Milliseconds until the caller may ask again; null: now. */
  readonly waitMs: (caller: string, nowMs: number) => number | null;
  readonly count: (caller: string, nowMs: number) => void;
};

/** Key of the count that callers beyond `mostCallers` share. */
const others = '';

/**
 * Counts by caller in windows of fixed length. All counts go when a window ends, so that memory is bounded by the callers of one
 * window; callers beyond `mostCallers` share one count.
 */
export function createRateWindow({ perWindow, windowMs, mostCallers }: RateLimit): RateWindow {
  const counts = new Map<string, number>();
  let windowStartMs = Number.NEGATIVE_INFINITY;

  function placeOf(caller: string, nowMs: number): string {
    // the second condition: the clock was set back
    if (nowMs >= windowStartMs + windowMs || nowMs < windowStartMs) {
      counts.clear();
      windowStartMs = nowMs;
    }
    return counts.has(caller) || counts.size < mostCallers ? caller : others;
  }

  return {
    waitMs: (caller, nowMs) =>
      (counts.get(placeOf(caller, nowMs)) ?? 0) < perWindow ? null : windowStartMs + windowMs - nowMs,
    count: (caller, nowMs) => {
      const place = placeOf(caller, nowMs);
      counts.set(place, (counts.get(place) ?? 0) + 1);
    },
  };
}
