import type { ProviderCapabilities } from '../provider.ts';

export const providerName = 'simulated';

export const capabilities: ProviderCapabilities = {
  spot: true,
  preemptionNotice: true,
  // a world may honour tokens, but not every one does
  idempotencyToken: false,
  regions: true,
};
