import { join } from 'node:path';
import { defineProvider } from '../module.ts';
import { localConfigSchema } from './config.ts';
import { capabilities } from './offers.ts';
import { providerName } from './instance.ts';

/** The worker's own machine. */
export const local = defineProvider({
  name: providerName,
  configuredBy: 'It is there wherever a worker runs: `npm start`.',
  documentation: 'docs/providers/local.md',
  capabilities,
  watchIntervalMs: 2000,
  helloWithinMs: 300_000,
  sharesMachineFiles: true,
  configSchema: localConfigSchema,
  isConfigured: () => true,
  // a launch is a `fork` and calls no rate-limited API
  rates: () => ({ launchesPerSecond: null, lifecyclePerSecond: null }),
  create: async ({ ARTENIC_LOCAL_VCPU: vcpu }, { home, runnerEntry }) => {
    const { createLocalProvider } = await import('./provider.ts');
    return createLocalProvider({
      home,
      runnerEntry,
      nodePath: process.execPath,
      cacheDir: join(home, 'cache'),
      ...(vcpu === undefined ? {} : { vcpu }),
    });
  },
});
