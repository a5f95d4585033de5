import type { Offer } from '../../../core/failover/types.ts';
import type { ProviderCapabilities } from '../provider.ts';
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
