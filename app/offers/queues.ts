import type { CapacityClaim } from '../../core/capacity/types.ts';
import type { Offer, ProviderQueue } from '../../core/failover/types.ts';
import type { Repositories } from '../../store/types.ts';

type Reader = {
  readonly providers: Pick<Repositories['providers'], 'find'>;
  readonly capacity: Pick<Repositories['capacity'], 'outlook'>;
};

/** The queues of the providers with limited capacity, for this claim; empty if only one provider has offers. */
export async function queuesOf(
  { providers, capacity }: Reader,
  claim: CapacityClaim,
  offers: readonly Offer[],
): Promise<readonly ProviderQueue[]> {
  const offering = new Set(offers.map(({ provider }) => provider));
  if (offering.size < 2) return [];
  const queues: ProviderQueue[] = [];
  for (const provider of offering) {
    const total = (await providers.find(provider))?.capacity ?? null;
    if (total !== null) queues.push({ provider, ...(await capacity.outlook(provider, total, claim)) });
  }
  return queues;
}
