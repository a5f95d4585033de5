import { ArtenicError } from '../../../core/errors.ts';
import { defineProvider } from '../module.ts';
import { capabilities, providerName } from './capabilities.ts';
import { simulatedConfigSchema } from './config.ts';

/** The cloud in `simulated-cloud/`. */
export const simulated = defineProvider({
  name: providerName,
  configuredBy:
    'Start one with `npm run cloud:simulated`, then set ARTENIC_SIMULATED_CLOUD_URL and ARTENIC_SIMULATED_CLOUD_KEY for the worker.',
  documentation: 'docs/simulated-cloud.md',
  capabilities,
  watchIntervalMs: 2000,
  helloWithinMs: 300_000,
  sharesMachineFiles: true,
  configSchema: simulatedConfigSchema,
  isConfigured: ({ ARTENIC_SIMULATED_CLOUD_URL: url, ARTENIC_SIMULATED_CLOUD_KEY: key }) =>
    url !== undefined && key !== undefined,
  // a world may set a limit (`requestsPerSecond`) and answers `Throttled` above it
  rates: () => ({ launchesPerSecond: null, lifecyclePerSecond: null }),
  create: async ({ ARTENIC_SIMULATED_CLOUD_URL: url, ARTENIC_SIMULATED_CLOUD_KEY: key }, { namespace }) => {
    if (url === undefined || key === undefined) throw new ArtenicError('internal', 'The simulated cloud has no URL.');
    const { createSimulatedProvider } = await import('./provider.ts');
    return createSimulatedProvider({ url, key, namespace });
  },
});
