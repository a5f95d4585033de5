import type { ErrorType } from '../errors.ts';
import type { ProviderRefusal } from '../failover/types.ts';

/** How old offers may be by which a machine is launched. */
const trustedMs = 900_000;
/** How old they may be when they tell that a provider has nothing for a job: that ends it. */
const certainMs = 30_000;
/** Prices of spot machines move by the minute, what there is and what it costs on demand by the day. */
const restEveryMs = 300_000;
/** A refresh that somebody asks for just behind another one is that one. */
const justNowMs = 2000;

/** What is known of a provider's offers, by the database's clock. */
export type CatalogAge = {
  readonly provider: string;
  /** Since it told all that it offers; null: never. */
  readonly ageMs: number | null;
  /** Since it told its prices of spot machines. */
  readonly spotAgeMs: number | null;
  /** What it said when it was asked last and refused; null when it answered. */
  readonly problem: string | null;
  readonly problemType: ErrorType | null;
};

/**
 * Why nothing can be launched by what is known of a provider's offers; null when it can. One that refuses our credentials
 * would refuse a launch, too.
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

/** Whether what is known may tell that a provider has nothing for a job. */
export function isCertain({ ageMs, spotAgeMs }: CatalogAge, needsSpot: boolean): boolean {
  const age = needsSpot ? spotAgeMs : ageMs;
  return age !== null && age <= certainMs;
}

/** What a refresh has to ask the provider for. `isAsked`: somebody waits for it. */
export function dueOf(
  known: CatalogAge | undefined,
  { hasSpot, isAsked }: { readonly hasSpot: boolean; readonly isAsked: boolean },
): 'all' | 'spot' | 'nothing' {
  const ageMs = known?.ageMs ?? Infinity;
  const isWell = known?.problem === null;
  if (isAsked) return isWell && ageMs <= justNowMs ? 'nothing' : 'all';
  return hasSpot && isWell && ageMs < restEveryMs ? 'spot' : 'all';
}
