/**
 * Most remembered keys. The key with the oldest failure is forgotten first, and is then tried again without a pause.
 */
const mostKeys = 10_000;

export type RepeatedFailures = {
  readonly mayTry: (key: string, nowMs: number) => boolean;
  readonly succeeded: (key: string) => void;
  /** Number of keys that have failed and not succeeded since. */
  readonly size: () => number;
  readonly failed: (key: string, nowMs: number) => { readonly tries: number; readonly pauseMs: number };
};

/** Remembers failed keys and when each may be tried again: the pause doubles with each failure in a row. */
export function createRepeatedFailures(pauses: {
  readonly firstPauseMs: number;
  readonly mostPauseMs: number;
}): RepeatedFailures {
  const failing = new Map<string, { readonly tries: number; readonly notBeforeMs: number }>();
  return {
    mayTry: (key, nowMs) => nowMs >= (failing.get(key)?.notBeforeMs ?? 0),
    succeeded: (key) => void failing.delete(key),
    size: () => failing.size,
    failed: (key, nowMs) => {
      const tries = (failing.get(key)?.tries ?? 0) + 1;
      const pauseMs = Math.min(pauses.firstPauseMs * 2 ** Math.min(tries, 30), pauses.mostPauseMs);
      failing.delete(key);
      failing.set(key, { tries, notBeforeMs: nowMs + pauseMs });
      const [oldest] = failing.keys();
      if (failing.size > mostKeys && oldest !== undefined) failing.delete(oldest);
      return { tries, pauseMs };
    },
  };
}
