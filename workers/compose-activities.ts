import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCatalogActivities } from '../activities/catalog/refresh.ts';
import type {
  CatalogActivities,
  CollectorActivities,
  ControlActivities,
  ProviderActivities,
  RepairActivities,
  SweepActivities,
} from '../activities/contract.ts';
import { principalOfActivity } from '../activities/principal.ts';
import { createControlActivities } from '../activities/control/create.ts';
import type { ControlDeps } from '../activities/deps.ts';
import { createProviderActivities } from '../activities/provider-activities.ts';
import { createLocalElsewhere } from '../activities/providers/local/elsewhere.ts';
import { createLocalProvider } from '../activities/providers/local/provider.ts';
import type { Provider } from '../activities/providers/provider.ts';
import { createSimulatedProvider } from '../activities/providers/simulated/provider.ts';
import { createRepairActivities, createSweepActivities } from '../activities/reconcile/create.ts';
import { createCollectorActivities } from '../activities/retention/collect.ts';
import type { TemporalGateway } from '../app/temporal/gateway.ts';
import { policyFor } from '../core/failover/policy.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import { inspectModel } from '../serving/inspect.ts';
import { outsideTransactions } from '../store/transaction-scope.ts';
import type { Store } from '../store/types.ts';
import { awsProviderOf } from './aws.ts';
import { apiUrlOf, periodsOf, shipIntervalMs, silenceSettingsOf, type Config } from './config.ts';
import type { Served } from './queues.ts';

/** Their instances are processes of this machine, and see its files. */
const onThisMachine: ReadonlySet<string> = new Set(['local', 'simulated']);
const runnerEntry = fileURLToPath(new URL('../runner/main.ts', import.meta.url));

export type ComposedActivities = {
  readonly control: ControlActivities & RepairActivities & CollectorActivities;
  readonly providerActivities: ProviderActivities & SweepActivities & CatalogActivities;
  readonly providers: ReadonlyMap<string, Provider>;
};

/** Wires every activity to the real world. */
export function composeActivities(parts: {
  readonly config: Config;
  readonly store: Store;
  readonly storage: ObjectStorage;
  /** Folder that runners on this machine use directly; null: signed requests. */
  readonly sharedRoot: string | null;
  readonly temporal: TemporalGateway;
  readonly wrapProvider: (provider: Provider) => Provider;
  readonly served: Served;
}): ComposedActivities {
  const { config, sharedRoot, wrapProvider } = parts;
  const store = parts.store.as(principalOfActivity);
  const storage = outsideTransactions('storage', parts.storage);
  const temporal = outsideTransactions('temporal', parts.temporal);
  const home = resolve(config.ARTENIC_HOME);
  const local = parts.served.isProviderServed('local') ? localOf(config, home) : createLocalElsewhere(store);
  const providers = new Map(
    [local, ...clouds(config, storage)].map((provider) => [
      provider.name,
      outsideTransactions(provider.name, wrapProvider(provider)),
    ]),
  );
  const controlDeps: ControlDeps = {
    store,
    storage,
    providers,
    policyFor,
    signal: { capacityGranted: temporal.signalCapacityGranted },
    describeWorkflow: temporal.describe,
    inspectModel: (path) => inspectModel(path, { timeoutMs: 30_000 }),
    now: () => new Date(),
  };
  const graceMs = config.ARTENIC_RECONCILE_GRACE_MS;
  const providerActivities = createProviderActivities({
    store,
    storage,
    providers,
    runner: {
      apiUrl: apiUrlOf(config),
      onThisMachine: { providers: onThisMachine, endpointsFile: join(home, 'endpoints.json'), sharedRoot },
      keyPepper: config.ARTENIC_KEY_PEPPER,
      heartbeatIntervalMs: config.ARTENIC_HEARTBEAT_MS,
      shipIntervalMs,
    },
    silence: silenceSettingsOf(config),
    now: () => new Date(),
  });
  return {
    control: {
      ...createControlActivities(controlDeps),
      ...createRepairActivities({
        ...controlDeps,
        adoptJob: (jobId, service) => temporal.startTrainingJob(jobId, { adopt: true, service }),
      }),
      ...createCollectorActivities({ ...controlDeps, periods: periodsOf(config) }),
    },
    providerActivities: {
      ...providerActivities,
      ...createSweepActivities({ ...controlDeps, graceMs }),
      ...createCatalogActivities(controlDeps),
    },
    providers,
  };
}

function localOf(config: Config, home: string): Provider {
  return createLocalProvider({
    home,
    runnerEntry,
    nodePath: process.execPath,
    cacheDir: join(home, 'cache'),
    ...(config.ARTENIC_LOCAL_VCPU === undefined ? {} : { vcpu: config.ARTENIC_LOCAL_VCPU }),
  });
}

/** The clouds that the configuration knows of. */
function clouds(config: Config, storage: ObjectStorage): readonly Provider[] {
  const {
    ARTENIC_SIMULATED_CLOUD_URL: url,
    ARTENIC_SIMULATED_CLOUD_KEY: key,
    ARTENIC_CLOUD_NAMESPACE: namespace,
  } = config;
  const aws = awsProviderOf(config, storage);
  return [
    ...(url === undefined || key === undefined ? [] : [createSimulatedProvider({ url, key, namespace })]),
    ...(aws === null ? [] : [aws]),
  ];
}
