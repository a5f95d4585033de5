import type { Cost } from '@artenic/core';
import type { Offer } from '../failover/types.ts';

const msPerHour = 3_600_000;

/**
 * USD micros for a time at a price, rounded up. `BigInt`, because micros × milliseconds of a year on a large machine
 * exceed the integers that a double holds exactly.
 */
export function priceOfTime(priceUsdMicrosPerHour: number, ms: number): number {
  const product = BigInt(priceUsdMicrosPerHour) * BigInt(Math.max(0, Math.round(ms)));
  return Number((product + BigInt(msPerHour - 1)) / BigInt(msPerHour));
}

/** Billed milliseconds for a time from running to gone: at least the minimum, rounded up to whole granules. */
export function billedMs(ranMs: number, billing: Offer['billing']): number {
  const { minimumSeconds, granularitySeconds } = billing ?? { minimumSeconds: 0, granularitySeconds: 0.001 };
  const granuleMs = Math.max(1, Math.round(granularitySeconds * 1000));
  const leastMs = Math.max(0, Math.round(ranMs), Math.round(minimumSeconds * 1000));
  return Math.ceil(leastMs / granuleMs) * granuleMs;
}

/** The fields of an attempt's row that describe its instance. */
export type BilledAttempt = {
  readonly offer: Pick<Offer, 'priceUsdMicrosPerHour' | 'billing'>;
  /** When the instance began to run, and when it was gone, as reported by the provider. */
  readonly billedFrom: Date | null;
  readonly billedUntil: Date | null;
  readonly handle: object | null;
  readonly helloAt: Date | null;
  readonly endedAt: Date | null;
  readonly launchTriedAt: Date | null;
  readonly terminationConfirmedAt: Date | null;
};

/** Uses the price that the attempt was launched for, not the provider's current price. */
export function costOfAttempt(attempt: BilledAttempt, now: Date): Cost {
  const { billedFrom, billedUntil, endedAt, helloAt, terminationConfirmedAt, offer } = attempt;
  const { priceUsdMicrosPerHour, billing } = offer;
  const isFinal =
    endedAt !== null && (priceUsdMicrosPerHour === 0 || billedUntil !== null || !canHaveBeenLaunched(attempt));
  // Without `billedUntil` the provider has no record of the instance, or was not asked yet; an instance whose runner
  // said hello did run.
  const from = billedUntil === null ? (billedFrom ?? helloAt) : billedFrom;
  if (from === null) return { usdMicros: 0, isFinal };
  const until = billedUntil ?? terminationConfirmedAt ?? now;
  const ranMs = Math.max(0, until.getTime() - from.getTime());
  return { usdMicros: priceOfTime(priceUsdMicrosPerHour, billedMs(ranMs, billing)), isFinal };
}

function canHaveBeenLaunched({ handle, billedFrom, launchTriedAt, terminationConfirmedAt }: BilledAttempt): boolean {
  if (handle !== null || billedFrom !== null) return true;
  return launchTriedAt !== null && terminationConfirmedAt === null;
}

/** USD micros an hour of the instances that exist now: those that a provider bills and that are not known to be gone. */
export function priceNow(attempts: readonly BilledAttempt[]): number {
  return attempts
    .filter(({ handle, billedUntil, endedAt, terminationConfirmedAt }) =>
      [billedUntil, endedAt, terminationConfirmedAt].every((end) => end === null && handle !== null),
    )
    .reduce((sum, { offer }) => sum + offer.priceUsdMicrosPerHour, 0);
}

export function costOfJob(attempts: readonly BilledAttempt[], isJobOver: boolean, now: Date): Cost {
  const costs = attempts.map((attempt) => costOfAttempt(attempt, now));
  return {
    usdMicros: costs.reduce((sum, { usdMicros }) => sum + usdMicros, 0),
    isFinal: isJobOver && costs.every(({ isFinal }) => isFinal),
  };
}
