import { isIPv6 } from 'node:net';
import type { Request } from 'express';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { createRateWindow, type RateWindow } from '../../core/requests/rate-window.ts';
import type { ApiDeps } from '../deps.ts';
import type { OpenLimit, Route } from '../http/route.ts';

const windowMs = 60_000;
/** Entries of one window; each holds an address and a number. */
const mostCallers = 20_000;

export type OpenLimits = {
  /** Throws `rate-limited` before any work is done for a caller that has asked too often. */
  readonly check: (route: Route, request: Request) => void;
  /** After a refusal: a wrong credential counts where requests with a good one do not. */
  readonly refused: (route: Route, request: Request, error: unknown) => void;
};

/** Groups IPv6 addresses by their /64 network, because one customer usually owns all addresses of a /64. */
export function callerAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.toLowerCase().split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')].slice(0, 4).join(':');
}

/** Limits of the routes that need no key: by address and route, in this process's memory. */
export function createOpenLimits(deps: Pick<ApiDeps, 'now'>): OpenLimits {
  const now = (): number => deps.now().getTime();
  const windows = new Map<Route, RateWindow>();
  const windowOf = (route: Route, limit: OpenLimit): RateWindow => {
    const known = windows.get(route) ?? createRateWindow({ perWindow: limit.perMinute, windowMs, mostCallers });
    windows.set(route, known);
    return known;
  };
  return {
    check: (route, request) => {
      const limit = route.openLimit;
      if (limit === null) return;
      const [window, caller, nowMs] = [windowOf(route, limit), callerAddress(request.ip ?? ''), now()];
      const retryAfterMs = window.waitMs(caller, nowMs);
      if (retryAfterMs !== null) {
        const what = limit.counts === 'requests' ? 'requests' : 'requests with wrong credentials';
        throw new ArtenicError(
          'rate-limited',
          `More than ${limit.perMinute} ${what} a minute came from this address.`,
          {
            retryAfterMs,
          },
        );
      }
      if (limit.counts === 'requests') window.count(caller, nowMs);
    },
    refused: (route, request, error) => {
      const limit = route.openLimit;
      if (limit?.counts !== 'refusals') return;
      if (isArtenicError(error, 'unauthorized') || isArtenicError(error, 'forbidden'))
        windowOf(route, limit).count(callerAddress(request.ip ?? ''), now());
    },
  };
}
