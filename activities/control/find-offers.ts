import type { JobSpec } from '@artenic/core';
import { type ArtenicError, errorTable, isArtenicError, type ErrorType } from '../../core/errors.ts';
import type { Offer } from '../../core/failover/types.ts';
import type { ControlDeps } from '../deps.ts';
import { needsOf } from '../../core/capacity/needs.ts';
import type { OfferQuery, Provider } from '../providers/provider.ts';

type Refusal = { readonly provider: string; readonly type: ErrorType; readonly message: string };

const microsPerUsd = 1_000_000;
/** Of one market: the decision that is stored holds them all. */
const mostOffers = 64;

/**
 * What could be launched, in order of preference: spot first where it may fall back, then cheapest first, then in the
 * order of the job's providers. One provider that refuses does not hide the others; when it hides all, its error is thrown
 * if a retry can help.
 */
export async function findOffers(
  { providers }: Pick<ControlDeps, 'providers'>,
  spec: JobSpec,
): Promise<{ readonly offers: readonly Offer[]; readonly refusals: readonly Refusal[] }> {
  const { placement } = spec;
  const found: Offer[] = [];
  const errors: { readonly provider: string; readonly error: ArtenicError }[] = [];
  for (const name of placement.providers) {
    const provider = providers.get(name);
    if (provider === undefined) continue;
    try {
      found.push(...(await provider.offers(queryOf(spec, provider))));
    } catch (error) {
      if (!isArtenicError(error)) throw error;
      errors.push({ provider: name, error });
    }
  }
  const passing = errors.find(({ error }) => errorTable[error.type].retryable);
  if (found.length === 0 && passing !== undefined) throw passing.error;
  const most = placement.maxHourlyUsd === undefined ? Infinity : placement.maxHourlyUsd * microsPerUsd;
  const priced = found.filter((offer) => offer.priceUsdMicrosPerHour <= most).toSorted(byPreference);
  const offers = [true, false].flatMap((spot) => priced.filter((offer) => offer.spot === spot).slice(0, mostOffers));
  const refusals = errors.map(({ provider, error }) => ({ provider, type: error.type, message: error.message }));
  return { offers, refusals };
}

function queryOf(spec: JobSpec, { capabilities }: Provider): OfferQuery {
  const { mode, regions } = spec.placement;
  return {
    needs: needsOf(spec),
    gpuType: spec.resources.accelerators?.type ?? null,
    regions: capabilities.regions ? regions : [],
    spot: mode === 'spot-with-fallback' ? null : mode === 'spot',
  };
}

/** With one mode only, all are alike in `spot`. */
function byPreference(one: Offer, other: Offer): number {
  if (one.spot !== other.spot) return one.spot ? -1 : 1;
  return one.priceUsdMicrosPerHour - other.priceUsdMicrosPerHour;
}
