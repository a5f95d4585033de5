import type { ProviderCapabilities } from '../provider.ts';

export const providerName = 'aws';

export const capabilities: ProviderCapabilities = {
  spot: true,
  preemptionNotice: true,
  idempotencyToken: true,
  regions: true,
};
