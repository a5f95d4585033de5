import type { Signs, Uptime } from '../../core/silence/silence.ts';
import type { AttemptRecord } from '../types.ts';

/** Signs of life of an attempt's machine, from its row. Rows of earlier releases have no `instanceSince`. */
export function signsOf({
  instanceSince,
  launchedAt,
  helloAt,
  lastHeartbeatAt,
}: Pick<AttemptRecord, 'instanceSince' | 'launchedAt' | 'helloAt' | 'lastHeartbeatAt'>): Signs {
  return {
    instanceSinceMs: (instanceSince ?? launchedAt)?.getTime() ?? null,
    helloAtMs: helloAt?.getTime() ?? null,
    lastSignMs: lastHeartbeatAt?.getTime() ?? null,
  };
}

export function spanOf({ goodSince, goodUntil }: { readonly goodSince: Date; readonly goodUntil: Date }): Uptime {
  return { goodSinceMs: goodSince.getTime(), goodUntilMs: goodUntil.getTime() };
}
