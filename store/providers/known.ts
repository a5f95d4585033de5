import type { JobSpec } from '@artenic/core';
import { needsOf } from '../../core/capacity/needs.ts';
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
  if (capacity !== null || whyUnknown(name, (await catalogs.find(name)) ?? undefined) !== null) return known;
  const gpuType = spec.resources.accelerators?.type;
  const fitting = await catalogs.search({ providers: [name], needs: needsOf(spec), gpuType, limit: 1 });
  // a provider without any offer probably lacks configuration, so nothing is concluded
  const isBare = fitting.length === 0 && (await catalogs.search({ providers: [name], limit: 1 })).length === 0;
  return fitting.length > 0 || isBare ? known : { ...known, hasNoneSoLarge: true };
}
