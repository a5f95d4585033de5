import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ArtenicError } from '../../core/errors.ts';
import type { ApiLimits } from '../deps.ts';
import type { Route } from '../http/route.ts';

/** Period over which the delay of the event loop is averaged. */
const windowMs = 500;
const resolutionMs = 10;
const retryAfterMs = 1000;
/** With fewer requests than this, a late event loop means that the machine is busy, and a refusal would not help. */
const fewRequests = 32;

export type Overload = {
  /** Throws `unavailable` with a time to wait when the process has more work than it can answer in time. */
  readonly check: (route: Route) => void;
  /** Counts a handler's work while it lasts. */
  readonly count: <T>(route: Route, work: () => Promise<T>) => Promise<T>;
};

/**
 * Mean delay of the event loop in ms over the last window: how much later than planned a timer fires. It is measured by
 * `monitorEventLoopDelay` of Node's `perf_hooks`, which counts its own interval, too.
 */
function createDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let readAtMs = performance.now();
  let delayMs = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - readAtMs < windowMs || histogram.count === 0) return delayMs;
    delayMs = Math.max(0, histogram.mean / 1e6 - resolutionMs);
    histogram.reset();
    readAtMs = nowMs;
    return delayMs;
  };
}

/**
 * Whether overload may refuse the request. Probes answer what a supervisor asks. Runners do not need an answer at once,
 * but a runner that is refused for minutes looks silent.
 */
const isShed = ({ permission }: Route): boolean => permission !== 'open' && permission !== 'runner';

/**
 * Refuses requests early when they would wait long, so that those that are accepted are answered in time: the queue of
 * requests has a bound.
 */
export function createOverload(
  limits: Pick<ApiLimits, 'requestsAtOnce' | 'eventLoopDelayMs'>,
  delayOf: () => number = createDelay(),
): Overload {
  let underway = 0;
  return {
    check: (route) => {
      if (!isShed(route)) return;
      const isLate = underway >= fewRequests && delayOf() > limits.eventLoopDelayMs;
      if (underway < limits.requestsAtOnce && !isLate) return;
      throw new ArtenicError('unavailable', 'The API has more requests than it can answer in time. Try again later.', {
        retryAfterMs,
      });
    },
    count: async (route, work) => {
      if (!isShed(route)) return work();
      underway += 1;
      try {
        return await work();
      } finally {
        underway -= 1;
      }
    },
  };
}
