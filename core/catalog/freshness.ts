import type { ErrorType } from '../errors.ts';
import type { ProviderRefusal } from '../failover/types.ts';

/** Greatest age of offers that a launch may be based on. */
const trustedMs = 900_000;
/** Greatest age of offers by which a job may be ended because a provider has nothing for it. */
const certainMs = 30_000;
/**
 * Interval of full refreshes. Spot prices change by the minute; instance types and on-demand prices change by the day.
 */
const restEveryMs = 300_000;
/** A requested refresh within this time of the last one is answered with the last one. */
const justNowMs = 2000;

/** State of a provider's catalog, by the database's clock. */
export type CatalogAge = {
  readonly provider: string;
  /** Time since the provider last listed all its offers; null: never. */
  readonly ageMs: number | null;
  /** Time since the provider last reported its spot prices. */
  readonly spotAgeMs: number | null;
  /** Error of the last request to the provider; null if the provider answered. */
  readonly problem: string | null;
  readonly problemType: ErrorType | null;
};

/**
 * Why no launch can be based on the known offers of a provider; null when one can. A provider that refuses our
 * credentials for its catalog would refuse a launch, too.
 */
export function whyUnknown(provider: string, known: CatalogAge | undefined): ProviderRefusal | null {
  const { ageMs = null, problem = null, problemType = null } = known ?? {};
  if (problem !== null && problemType === 'auth') return { provider, type: problemType, message: problem };
  if (ageMs !== null && ageMs <= trustedMs) return null;
  const said = problem === null ? '' : ` When it was asked last: ${problem}`;
  const since =
    ageMs === null
      ? `It is not known yet what ${provider} offers.`
      : `What ${provider} offers has not been known for ${Math.round(ageMs / 60_000)} minutes.`;
  return { provider, type: 'transient', message: `${since}${said}` };
}

/** Whether the catalog is fresh enough to conclude that the provider has nothing for a job. */
export function isCertain({ ageMs, spotAgeMs }: CatalogAge, needsSpot: boolean): boolean {
  const age = needsSpot ? spotAgeMs : ageMs;
  return age !== null && age <= certainMs;
}

/** Which part of the catalog a refresh has to fetch. `isAsked`: a caller waits for the result. */
export function dueOf(
  known: CatalogAge | undefined,
  { hasSpot, isAsked }: { readonly hasSpot: boolean; readonly isAsked: boolean },
): 'all' | 'spot' | 'nothing' {
  const ageMs = known?.ageMs ?? Infinity;
  const isWell = known?.problem === null;
  if (isAsked) return isWell && ageMs <= justNowMs ? 'nothing' : 'all';
  return hasSpot && isWell && ageMs < restEveryMs ? 'spot' : 'all';
}
