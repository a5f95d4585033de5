import type { JobSpec } from '@artenic/core';
import { needsOf } from '../../core/capacity/needs.ts';
import type { OfferSearch } from '../../core/catalog/catalog.ts';
import { whyUnknown } from '../../core/catalog/freshness.ts';
import type { KnownProvider } from '../../core/jobs/feasibility.ts';
import type { Reads } from '../reads.ts';
import type { ProviderRecord } from '../types.ts';

/**
 * Facts of a provider for the feasibility check of a job: its capacity, and whether its offers are large enough. An
 * unknown capacity counts as unlimited.
 */
export async function knownProviderOf(
  { catalogs }: Pick<Reads, 'catalogs'>,
  { name, capacity }: ProviderRecord,
  spec: JobSpec,
): Promise<KnownProvider> {
  const known = { name, capacity };
  const { instanceTypes } = spec.placement;
  if (capacity !== null && instanceTypes === undefined) return known;
  if (whyUnknown(name, (await catalogs.find(name)) ?? undefined) !== null) return known;
  const offers = async (query: OfferSearch): Promise<boolean> =>
    (await catalogs.search({ providers: [name], ...query, limit: 1 })).length > 0;
  const needs = capacity === null ? { needs: needsOf(spec), gpuType: spec.resources.accelerators?.type } : {};
  if (await offers({ ...needs, instanceTypes })) return known;
  // A provider without any offer probably lacks configuration, so nothing is concluded.
  if (!(await offers({}))) return known;
  const hasTypes = instanceTypes === undefined || (await offers({ instanceTypes }));
  return hasTypes ? { ...known, hasNoneSoLarge: true } : { ...known, hasNoneOfTypes: true };
}
