import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlActivities, ProviderActivities } from '../activities/contract.ts';
import { createControlActivities } from '../activities/control/create.ts';
import { createProviderActivities } from '../activities/provider-activities.ts';
import { createLocalProvider } from '../activities/providers/local/provider.ts';
import type { Provider } from '../activities/providers/provider.ts';
import { createSimulatedProvider } from '../activities/providers/simulated/provider.ts';
import type { TemporalGateway } from '../api/temporal-gateway.ts';
import { failoverPolicy } from '../core/failover/policy.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import { inspectModel } from '../serving/inspect.ts';
import type { Store } from '../store/types.ts';
import { apiUrlOf, type Config } from './config.ts';

const runnerEntry = fileURLToPath(new URL('../runner/main.ts', import.meta.url));

export type ComposedActivities = {
  readonly control: ControlActivities;
  readonly providerActivities: ProviderActivities;
  readonly providers: ReadonlyMap<string, Provider>;
};

/** Wires every activity to the real world. */
export function composeActivities(parts: {
  readonly config: Config;
  readonly store: Store;
  readonly storage: ObjectStorage;
  readonly temporal: TemporalGateway;
}): ComposedActivities {
  const { config, store, storage, temporal } = parts;
  const home = resolve(config.ARTENIC_HOME);
  const local = createLocalProvider({
    home,
    runnerEntry,
    nodePath: process.execPath,
    cacheDir: join(home, 'cache'),
    ...(config.ARTENIC_LOCAL_VCPU === undefined ? {} : { vcpu: config.ARTENIC_LOCAL_VCPU }),
  });
  const providers = new Map([local, ...clouds(config)].map((provider) => [provider.name, provider]));
  const storageRoot = join(home, 'objects');
  const control = createControlActivities({
    store,
    storage,
    providers,
    policy: failoverPolicy,
    signal: { capacityGranted: temporal.signalCapacityGranted },
    describeWorkflow: temporal.describe,
    inspectModel: (path) => inspectModel(path, { timeoutMs: 30_000 }),
    now: () => new Date(),
  });
  const providerActivities = createProviderActivities({
    store,
    providers,
    runner: {
      apiUrl: apiUrlOf(config),
      endpointsFile: join(home, 'endpoints.json'),
      storage: { kind: 'directory', root: storageRoot },
      keyPepper: config.ARTENIC_KEY_PEPPER,
      heartbeatIntervalMs: config.ARTENIC_HEARTBEAT_MS,
      shipIntervalMs: 250,
    },
    now: () => new Date(),
  });
  return { control, providerActivities, providers };
}

/** The clouds that the configuration holds the keys of. */
function clouds(config: Config): readonly Provider[] {
  const {
    ARTENIC_SIMULATED_CLOUD_URL: url,
    ARTENIC_SIMULATED_CLOUD_KEY: key,
    ARTENIC_CLOUD_NAMESPACE: namespace,
  } = config;
  return url === undefined || key === undefined ? [] : [createSimulatedProvider({ url, key, namespace })];
}
