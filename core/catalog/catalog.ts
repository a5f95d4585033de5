import type { Capacity } from '../capacity/types.ts';
import type { Offer } from '../failover/types.ts';

/** What an offer is made of. `gpuType` is null without accelerators. */
export type CatalogOffer = Offer & { readonly resources: Capacity & { readonly gpuType: string | null } };

export type CatalogQuery = {
  readonly provider?: string | undefined;
  readonly regions?: readonly string[] | undefined;
  readonly spot?: boolean | undefined;
  readonly isRightGpu?: ((gpuType: string) => boolean) | undefined;
  readonly gpus?: number | undefined;
  readonly vcpu?: number | undefined;
  readonly memoryGib?: number | undefined;
  readonly mostUsdMicrosPerHour?: number | undefined;
};

/** What fits, cheapest first; of equal prices in the order of provider, region, zone and type. */
export function searchCatalog(offers: readonly CatalogOffer[], query: CatalogQuery): readonly CatalogOffer[] {
  const { provider, regions = [], spot, isRightGpu, gpus = 0, vcpu = 0, memoryGib = 0 } = query;
  const most = query.mostUsdMicrosPerHour ?? Number.POSITIVE_INFINITY;
  return offers
    .filter(({ resources, ...offer }) => {
      if (provider !== undefined && offer.provider !== provider) return false;
      if (regions.length > 0 && !regions.includes(offer.region)) return false;
      if (spot !== undefined && offer.spot !== spot) return false;
      if (isRightGpu !== undefined && (resources.gpuType === null || !isRightGpu(resources.gpuType))) return false;
      const isEnough = resources.gpus >= gpus && resources.vcpu >= vcpu && resources.memoryGib >= memoryGib;
      return isEnough && offer.priceUsdMicrosPerHour <= most;
    })
    .toSorted(
      (one, other) => one.priceUsdMicrosPerHour - other.priceUsdMicrosPerHour || (nameOf(one) < nameOf(other) ? -1 : 1),
    );
}

function nameOf({ provider, region, zone = '', instanceType, spot }: CatalogOffer): string {
  return [provider, region, zone, instanceType, spot ? 'spot' : ''].join(' ');
}
