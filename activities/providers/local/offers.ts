import { fits, noCapacity } from '../../../core/capacity/grant.ts';
import type { Capacity } from '../../../core/capacity/types.ts';
import { isGpuType } from '../../../core/catalog/gpu-type.ts';
import type { Offer } from '../../../core/failover/types.ts';
import type { OfferQuery, ProviderCapabilities } from '../provider.ts';
import { providerName } from './instance.ts';

export const instanceType = 'local';
export const capabilities: ProviderCapabilities = {
  spot: false,
  preemptionNotice: false,
  idempotencyToken: true,
  regions: false,
};

export const ownOffer: Offer = {
  ...{ provider: providerName, region: providerName, instanceType, spot: false, priceUsdMicrosPerHour: 0 },
};

/** What a machine with this capacity has for these needs: itself, or nothing. */
export function offersOf(
  { needs, gpuType, spot }: OfferQuery,
  machine: Capacity & { readonly gpuType: string | null },
): readonly Offer[] {
  const isRightGpu = gpuType === null || (machine.gpuType !== null && isGpuType(gpuType, machine.gpuType));
  return spot === true || !isRightGpu || !fits(needs, noCapacity, machine) ? [] : [ownOffer];
}
