import { fits, noCapacity } from '../../core/capacity/grant.ts';
import type { CatalogOffer } from '../../core/catalog/catalog.ts';
import { isGpuType } from '../../core/catalog/gpu-type.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { Offer } from '../../core/failover/types.ts';
import type { Store } from '../../store/types.ts';
import type { ProviderDescriptor } from './module.ts';
import type { OfferQuery, Provider } from './provider.ts';

/**
 * A provider as a process sees it that does not serve it: offers are what the serving process has written down, and
 * everything that is done with an instance is another worker's. It needs no credentials and loads no adapter.
 */
export function createElsewhere(
  { name, capabilities }: Pick<ProviderDescriptor, 'name' | 'capabilities'>,
  { catalogs }: Pick<Store, 'catalogs'>,
): Provider {
  const notHere = (): Promise<never> =>
    Promise.reject(new ArtenicError('transient', `This worker serves no instances of ${name}.`));
  return {
    name,
    capabilities,
    check: notHere,
    offers: async (query) => {
      const known = (await catalogs.list()).find(({ provider }) => provider === name);
      return offersFor(query, known?.offers ?? []);
    },
    catalog: notHere,
    launch: notHere,
    describe: notHere,
    list: notHere,
    find: notHere,
    terminate: notHere,
    console: notHere,
  };
}

function offersFor({ needs, gpuType, regions, spot }: OfferQuery, known: readonly CatalogOffer[]): readonly Offer[] {
  return known
    .filter(({ resources, region, spot: isSpot }) => {
      const isRightPlace = regions.length === 0 || regions.includes(region);
      const isRightGpu = gpuType === null || (resources.gpuType !== null && isGpuType(gpuType, resources.gpuType));
      return isRightPlace && isRightGpu && (spot === null || isSpot === spot) && fits(needs, noCapacity, resources);
    })
    .map(({ resources: _resources, ...offer }) => offer)
    .toSorted((one, other) => one.priceUsdMicrosPerHour - other.priceUsdMicrosPerHour);
}
