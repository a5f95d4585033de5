import type { JobSpec } from '@artenic/core';
import type { CatalogOffer, OfferSearch } from '../../core/catalog/catalog.ts';
import { isCertain, whyUnknown } from '../../core/catalog/freshness.ts';
import { needsOf } from '../../core/capacity/needs.ts';
import type { Offer, ProviderRefusal } from '../../core/failover/types.ts';
import type { CatalogRecord, ProviderRecord, Store } from '../../store/types.ts';

const microsPerUsd = 1_000_000;
/** Limit per market, because the stored decision contains all offers. */
const mostOffers = 64;

/** The part of a job that its offers depend on. */
type PlacedSpec = Pick<JobSpec, 'resources' | 'placement'>;
type Reader = Pick<Store, 'providers' | 'catalogs'>;

/** Offers in order of preference, and the providers whose offers are unknown. */
export type FoundOffers = { readonly offers: readonly Offer[]; readonly refusals: readonly ProviderRefusal[] };

/**
 * Reads the rows that refreshes write; no provider is asked. Order of preference: spot first if the mode allows a
 * fallback, then cheapest first, then in the order of the job's providers. A provider with unknown offers does not hide
 * those of other providers. An empty result for a provider counts only with fresh rows, because it may end the job.
 */
export async function findOffers(store: Reader, spec: PlacedSpec): Promise<FoundOffers> {
  const { providers, mode } = spec.placement;
  const rows = await store.providers.list();
  const known = new Map((await store.catalogs.list()).map((one) => [one.provider, one]));
  const refusals = providers.flatMap((name) => whyUnknown(name, known.get(name)) ?? []);
  const usable = providers.filter((name) => refusals.every(({ provider }) => provider !== name));
  const query = queryOf(spec, usable, rows);
  const markets = mode === 'spot-with-fallback' ? [true, false] : [mode === 'spot'];
  const found: CatalogOffer[] = [];
  for (const spot of markets) found.push(...(await store.catalogs.search({ ...query, spot, limit: mostOffers })));
  const unsure = found.length > 0 ? [] : usable.flatMap((name) => whyUnsure(known.get(name), mode === 'spot'));
  return { offers: found.map(({ resources: _resources, ...offer }) => offer), refusals: [...refusals, ...unsure] };
}

function whyUnsure(known: CatalogRecord | undefined, needsSpot: boolean): readonly ProviderRefusal[] {
  if (known === undefined || isCertain(known, needsSpot)) return [];
  const { provider } = known;
  return [
    { provider, type: 'transient', message: `${provider} offers nothing for the job so far; it is asked again.` },
  ];
}

function queryOf(spec: PlacedSpec, usable: readonly string[], rows: readonly ProviderRecord[]): OfferSearch {
  const { maxHourlyUsd, regions, instanceTypes } = spec.placement;
  return {
    providers: usable,
    regions,
    withoutRegions: rows.filter(({ capabilities }) => !capabilities.regions).map(({ name }) => name),
    instanceTypes,
    gpuType: spec.resources.accelerators?.type,
    needs: needsOf(spec),
    mostUsdMicrosPerHour: maxHourlyUsd === undefined ? undefined : maxHourlyUsd * microsPerUsd,
  };
}
