import type { ProviderCapabilities } from '../provider.ts';

export const providerName = 'simulated';

export const capabilities: ProviderCapabilities = {
  spot: true,
  preemptionNotice: true,
  // only some worlds honour tokens
  idempotencyToken: false,
  regions: true,
};
