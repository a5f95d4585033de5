import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCatalogActivities } from '../../activities/catalog/refresh.ts';
import type {
  CatalogActivities,
  CheckActivities,
  CollectorActivities,
  ControlActivities,
  DataActivities,
  ProviderActivities,
  RepairActivities,
  SweepActivities,
} from '../../activities/contracts/index.ts';
import { createCheckActivities } from '../../activities/catalog/check-provider.ts';
import { principalOfActivity } from '../../activities/principal.ts';
import { createControlActivities } from '../../activities/control.ts';
import { nextLaunch } from '../../activities/failover/next-launch.ts';
import type { ControlDeps } from '../../activities/deps.ts';
import { createProviderActivities } from '../../activities/provider-activities.ts';
import { openProcessFolder } from '../../activities/process-folder.ts';
import type { ProviderRates } from '../../activities/providers/module.ts';
import type { Provider } from '../../activities/providers/provider.ts';
import { providerModules } from '../../activities/providers/registry.ts';
import { createRepairActivities, createSweepActivities } from '../../activities/reconcile/create.ts';
import { createDataActivities } from '../../activities/datasets/profile-files.ts';
import { createCollectorActivities } from '../../activities/retention/collect.ts';
import type { TemporalGateway } from '../../app/temporal/gateway.ts';
import { policyFor } from '../../core/failover/policy.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { profileFile } from '../../profiling/profile-file.ts';
import { inspectModel } from '../../serving/files/inspect.ts';
import { outsideTransactions } from '../../store/transaction-scope.ts';
import type { Store } from '../../store/types.ts';
import { apiUrlOf, periodsOf, shipIntervalMs, silenceSettingsOf, type Config } from '../config.ts';
import type { Served } from './queues.ts';
import { lazyRunnerPrograms } from './runner-programs.ts';

const modules = [...providerModules.values()];
const runnerEntry = fileURLToPath(new URL('../../runner/main.ts', import.meta.url));

export type ComposedActivities = {
  readonly control: ControlActivities & RepairActivities & CollectorActivities;
  readonly data: DataActivities;
  readonly providerActivities: ProviderActivities &
    SweepActivities &
    CatalogActivities &
    CheckActivities &
    Pick<RepairActivities, 'settleAbandoned'>;
  /** The providers that this process serves. */
  readonly providers: ReadonlyMap<string, ServedProvider>;
};
export type ServedProvider = { readonly provider: Provider; readonly rates: ProviderRates };

/** Connects every activity to the database, Temporal, the storage and the providers. */
export async function composeActivities(parts: {
  readonly config: Config;
  readonly store: Store;
  readonly storage: ObjectStorage;
  /** Folder that runners on this machine use directly; null: they use signed requests. */
  readonly sharedRoot: string | null;
  readonly temporal: TemporalGateway;
  readonly wrapProvider: (provider: Provider) => Provider;
  readonly served: Served;
  readonly traceparent: () => string | null;
  /** Environment variables from which the options of single providers are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<ComposedActivities> {
  const { config, sharedRoot } = parts;
  const store = parts.store.as(principalOfActivity);
  const storage = outsideTransactions('storage', parts.storage);
  const temporal = outsideTransactions('temporal', parts.temporal);
  const home = resolve(config.ARTENIC_HOME);
  const served = await openServed({ ...parts, storage, home });
  const providers = new Map([...served].map(([name, { provider }]) => [name, provider]));
  const controlDeps: ControlDeps = {
    store,
    storage,
    policyFor,
    signal: { capacityGranted: temporal.signalCapacityGranted },
    describeWorkflow: temporal.describe,
    inTemporaryFolder: await openProcessFolder(join(home, 'tmp')),
    inspectModel: (path) => inspectModel(path, { timeoutMs: 30_000 }),
    now: () => new Date(),
  };
  const graceMs = config.ARTENIC_RECONCILE_GRACE_MS;
  const providerActivities = createProviderActivities({
    nextLaunch: (input) => nextLaunch(controlDeps, input),
    store,
    storage,
    providers,
    runner: {
      apiUrl: apiUrlOf(config),
      onThisMachine: {
        providers: new Set(modules.filter((one) => one.sharesMachineFiles).map(({ name }) => name)),
        endpointsFile: join(home, 'endpoints.json'),
        sharedRoot,
      },
      keyPepper: config.ARTENIC_KEY_PEPPER,
      heartbeatIntervalMs: config.ARTENIC_HEARTBEAT_MS,
      shipIntervalMs,
    },
    silence: silenceSettingsOf(config),
    traceparent: parts.traceparent,
    watchIntervalMs: new Map(modules.map(({ name, watchIntervalMs }) => [name, watchIntervalMs])),
    now: () => new Date(),
  });
  const repair = createRepairActivities({
    ...controlDeps,
    providers,
    adoptJob: ({ id, name, service }) => temporal.startTrainingJob(id, { adopt: true, name, service }),
  });
  const { settleAbandoned } = repair;
  return {
    control: {
      ...createControlActivities(controlDeps),
      // Sweeps that an earlier release has started call `settleAbandoned` on this queue.
      ...repair,
      ...createCollectorActivities({ ...controlDeps, periods: periodsOf(config) }),
    },
    data: createDataActivities({ ...controlDeps, readTable: profileFile }),
    providerActivities: {
      ...providerActivities,
      ...createSweepActivities({ ...controlDeps, providers, graceMs }),
      ...createCatalogActivities({ ...controlDeps, providers }),
      ...createCheckActivities({ ...controlDeps, providers }),
      settleAbandoned,
    },
    providers: served,
  };
}

/** Opens the providers that this process serves and the environment configures. */
async function openServed(parts: {
  readonly config: Config;
  readonly storage: ObjectStorage;
  readonly home: string;
  readonly served: Served;
  readonly wrapProvider: (provider: Provider) => Provider;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<ReadonlyMap<string, ServedProvider>> {
  const { config, storage, home, served, wrapProvider, environment } = parts;
  const programs = lazyRunnerPrograms({ storage, home, bundle: config.ARTENIC_RUNNER_BUNDLE ?? null });
  const opened = new Map<string, ServedProvider>();
  for (const module of modules) {
    const configured = served.isProviderServed(module.name) ? module.configure(environment) : null;
    if (configured === null) continue;
    const provider = await configured.create({
      ...{ home, runnerEntry, programs, apiUrl: apiUrlOf(config), namespace: config.ARTENIC_CLOUD_NAMESPACE },
    });
    const outside = outsideTransactions(module.name, wrapProvider(provider));
    opened.set(module.name, { provider: outside, rates: configured.rates });
  }
  return opened;
}
