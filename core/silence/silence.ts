/** Hello limit for a provider that is no longer known. */
const slowestHelloMs = 1_200_000;

export type SilenceSettings = {
  /** How long a runner that has said hello may send no heartbeat. */
  readonly silentAfterMs: number;
  /** Overrides the limits of all providers; null: each provider's own limit holds. */
  readonly helloWithinMs: number | null;
  /** Time limit from a machine's launch to its runner's hello: booting, and downloading Node if the image has none. */
  readonly helloWithinMsByProvider: ReadonlyMap<string, number>;
};

export type SilenceLimits = { readonly silentAfterMs: number; readonly helloWithinMs: number };

export function silenceLimits(provider: string, settings: SilenceSettings): SilenceLimits {
  const { silentAfterMs, helloWithinMs, helloWithinMsByProvider } = settings;
  return { silentAfterMs, helloWithinMs: helloWithinMs ?? helloWithinMsByProvider.get(provider) ?? slowestHelloMs };
}

/** The span, without a gap, in which the API was able to receive runners' requests. Milliseconds since 1970. */
export type Uptime = { readonly goodSinceMs: number; readonly goodUntilMs: number };

/** Signs of life of an attempt's machine. Milliseconds since 1970. */
export type Signs = {
  /** When the launch returned the instance. */
  readonly instanceSinceMs: number | null;
  readonly helloAtMs: number | null;
  /** The last request that could only come from this machine. */
  readonly lastSignMs: number | null;
};

/** `never-spoke`: silence before the hello. `fell-silent`: silence after it. */
export type SilenceKind = 'never-spoke' | 'fell-silent';
export type Silence = {
  readonly kind: SilenceKind;
  /** The last sign of life, or the launch. */
  readonly sinceMs: number;
  readonly limitMs: number;
  /** How long the API was there to receive a sign of life, and received none. */
  readonly silentMs: number;
};

/**
 * How long a machine has been silent. Only time in which the API was there to receive a sign counts: after an outage of
 * the API the count starts anew, because every runner needs time to reconnect. Null while there is no start to count
 * from.
 */
export function silenceOf(signs: Signs, uptime: Uptime | null, limits: SilenceLimits): Silence | null {
  const { instanceSinceMs, helloAtMs, lastSignMs } = signs;
  const sinceMs = maxOf(instanceSinceMs, helloAtMs, lastSignMs);
  if (sinceMs === null || uptime === null) return null;
  const silentMs = silentMsSince(sinceMs, uptime);
  return helloAtMs === null
    ? { kind: 'never-spoke', sinceMs, limitMs: limits.helloWithinMs, silentMs }
    : { kind: 'fell-silent', sinceMs, limitMs: limits.silentAfterMs, silentMs };
}

/** The part of the time since `sinceMs` in which the API was there. */
export function silentMsSince(sinceMs: number, { goodSinceMs, goodUntilMs }: Uptime): number {
  return Math.max(0, goodUntilMs - Math.max(sinceMs, goodSinceMs));
}

export function isTooLong({ silentMs, limitMs }: Silence): boolean {
  return silentMs > limitMs;
}

function maxOf(...times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/**
 * How often the API records that it can receive runners' requests, and the longest pause between two records that is no
 * gap.
 */
export function uptimePace(silentAfterMs: number): { readonly everyMs: number; readonly gapMs: number } {
  const everyMs = Math.min(5000, Math.max(250, Math.round(silentAfterMs / 20)));
  return { everyMs, gapMs: Math.max(2000, 4 * everyMs) };
}
