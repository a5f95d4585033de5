import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import type { Provider } from '../activities/providers/provider.ts';
import type { Loop } from '../app/loops/every.ts';
import { createTemporalGateway, type TemporalGateway } from '../app/temporal/gateway.ts';
import { reach, type TemporalServer } from '../app/temporal/server.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import { closeOrm } from '../store/orm.ts';
import { openDatabase } from './compose/database.ts';
import { guardUploads } from '../store/retention/guard-uploads.ts';
import { systemPrincipal } from '../store/principal-scope.ts';
import { createStore } from '../store/store.ts';
import type { Store } from '../store/types.ts';
import { controlQueue } from '../workflows/contracts/index.ts';
import { composeActivities, type ComposedActivities } from './compose/activities.ts';
import { readConfig, type Config } from './config.ts';
import { startHealthServer, type HealthServer } from './health.ts';
import { startCosts } from './loops/costs.ts';
import { startHousekeeping } from './loops/housekeeping.ts';
import { startHistoryKeeper } from './loops/history-keeper.ts';
import { dataWorkers } from './compose/data-workers.ts';
import { providerWorkers, unconfiguredWorker } from './compose/provider-workers.ts';
import { ownQueues, refuseUnserved, servedBy } from './compose/queues.ts';
import { refuseUnconfigured } from './compose/unconfigured.ts';
import { reportPresence } from './loops/presence.ts';
import { startRelay } from './loops/relay.ts';
import { openStorage } from './compose/storage.ts';
import { schedulesOf } from './compose/schedule-registry.ts';
import { keepSchedules } from './compose/schedules.ts';
import { temporalLogger } from './temporal/logger.ts';
import { watchSetup, type SetupWatch } from './temporal/setup-watch.ts';
import { retryUntilReady } from './loops/until-it-works.ts';
import { openTracing, type Tracing } from './tracing/tracing.ts';
import { buildWorkflowBundle, tracedPathOf } from './temporal/workflow-bundle.ts';
import { explained, temporalServerOf } from './temporal/access.ts';

// Files of this process are readable by its own user only.
process.umask(0o077);

async function connectTemporal(server: TemporalServer, setup: SetupWatch, logger: Logger): Promise<NativeConnection> {
  await retryUntilReady('Temporal', logger, async () => {
    let connection: Connection | null = null;
    try {
      await setup.prepare(async () => {
        connection = await explained(server, Connection.connect({ ...reach(server), connectTimeout: 2000 }));
        return connection;
      }, 10_000);
    } finally {
      await (connection as Connection | null)?.close();
    }
  });
  return retryUntilReady('Temporal', logger, () => explained(server, NativeConnection.connect(reach(server))));
}

async function workflowBundle(
  config: Config,
  tracing: Tracing | null,
): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  const isTraced = tracing !== null;
  const built = config.ARTENIC_WORKFLOW_BUNDLE;
  if (built === undefined) return { code: await buildWorkflowBundle({ isTraced }) };
  const path = isTraced ? tracedPathOf(built) : built;
  // A missing bundle is a broken image: building another one here would hide it.
  if (!existsSync(path)) throw new Error(`ARTENIC_WORKFLOW_BUNDLE names ${path}, which does not exist`);
  return { codePath: path };
}

/** Wrappers that another program (a test of faults) puts around the parts. */
export type WorkerWraps = {
  readonly provider: (provider: Provider) => Provider;
  readonly storage: (storage: ObjectStorage) => ObjectStorage;
  readonly activities: (composed: ComposedActivities) => ComposedActivities;
  readonly workerOptions: Pick<WorkerOptions, 'stickyQueueScheduleToStartTimeout'>;
};
const noWraps: WorkerWraps = {
  provider: (provider) => provider,
  storage: (storage) => storage,
  activities: (composed) => composed,
  workerOptions: {},
};

/** How long readiness waits for the first check of each provider. */
const firstChecksMs = 10_000;

async function areChecked(store: Store, providers: Iterable<string>, since: Date): Promise<boolean> {
  const rows = new Map((await store.providers.list()).map((row) => [row.name, row]));
  return [...providers].every((name) => (rows.get(name)?.checkedAt ?? new Date(0)) >= since);
}

type LoopParts = {
  readonly config: Config;
  readonly store: Store;
  readonly storage: ObjectStorage;
  readonly temporal: TemporalGateway;
  readonly server: TemporalServer;
  readonly logger: Logger;
  readonly hasControl: boolean;
  readonly providers: ComposedActivities['providers'];
  readonly setup: SetupWatch;
};

/** Starts the periodic loops of this process, in the order in which they must be closed. */
async function startLoops(parts: LoopParts): Promise<readonly Loop[]> {
  const { config, store, storage, temporal, server, logger, hasControl, providers, setup } = parts;
  const { namespace } = server;
  const connection = await Connection.connect(reach(server));
  const schedules = await keepSchedules({
    ...{ connection, namespace, logger, intervalMs: Math.min(30_000, config.ARTENIC_RECONCILE_MS) },
    prepare: () => setup.prepare(() => Promise.resolve(connection), 5000),
    schedules: schedulesOf({
      ...{ hasControl, providers: [...providers.keys()], reconcileMs: config.ARTENIC_RECONCILE_MS },
      ...{ catalogMs: config.ARTENIC_CATALOG_MS, collectMs: config.ARTENIC_COLLECT_MS },
    }),
  });
  const ofControl = (): readonly Loop[] => [
    startRelay({
      ...{ store: store.as(systemPrincipal('relay')), temporal, logger },
      ...{ intervalMs: config.ARTENIC_RELAY_MS, now: () => new Date() },
    }),
    startCosts({ store: store.as(systemPrincipal('costs')), logger, intervalMs: 60_000 }),
    startHistoryKeeper({
      ...{ store: store.as(systemPrincipal('history-keeper')), storage, logger },
      intervalMs: config.ARTENIC_HISTORY_MS,
      client: new Client({ connection, namespace }),
    }),
  ];
  const ofMachine = (): readonly Loop[] => [
    startHousekeeping({ store, home: resolve(config.ARTENIC_HOME), logger, intervalMs: 3_600_000 }),
  ];
  const hasMachine = [...providers.values()].some(({ provider }) => provider.machine !== undefined);
  return [
    ...(hasControl ? ofControl() : []),
    ...(hasMachine ? ofMachine() : []),
    schedules,
    { close: () => connection.close() },
  ];
}

function installRuntime(config: Config, logger: Logger): void {
  const bindAddress = config.ARTENIC_TEMPORAL_METRICS_ADDRESS;
  Runtime.install({
    ...{ logger: temporalLogger(logger), shutdownSignals: [] },
    ...(bindAddress === undefined ? {} : { telemetryOptions: { metrics: { prometheus: { bindAddress } } } }),
  });
}

async function controlWorker(
  workflows: NonNullable<WorkerOptions['workflowBundle']>,
  activities: ComposedActivities['control'],
  common: Omit<WorkerOptions, 'taskQueue'>,
): Promise<readonly Worker[]> {
  // 200 waiting jobs are 600 workflows: all of them stay in the cache, so that none is replayed for each signal.
  return [
    await Worker.create({
      ...common,
      taskQueue: controlQueue,
      workflowBundle: workflows,
      activities,
      maxCachedWorkflows: 1000,
      maxConcurrentWorkflowTaskExecutions: 20,
      maxConcurrentActivityTaskExecutions: 40,
      // Twice the connections of the pool: local activities are short, and most of them wait for the database.
      maxConcurrentLocalActivityExecutions: 20,
    }),
  ];
}

/** SIGTERM and SIGINT let the workers end what they do; the health endpoint is not ready from then on. */
function stopOnSignals(workers: readonly Worker[], health: HealthServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    health.setReady(() => Promise.resolve(false));
    for (const worker of workers) worker.shutdown();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

export async function runWorker(wraps: WorkerWraps = noWraps): Promise<void> {
  const config = readConfig(process.env);
  const logger = pino({ level: config.ARTENIC_LOG_LEVEL, base: { process: 'worker' } });
  installRuntime(config, logger);
  const tracing = await openTracing('artenic-worker', process.env);
  const health = await startHealthServer({ host: '127.0.0.1', port: config.ARTENIC_WORKER_HEALTH_PORT });

  const served = servedBy(config.ARTENIC_WORKER_QUEUES);
  refuseUnserved(config.ARTENIC_WORKER_QUEUES, process.env);
  const server = temporalServerOf(config);
  const bundle = served.control ? workflowBundle(config, tracing) : null;
  const orm = await openDatabase({ databaseUrl: config.DATABASE_URL }, logger);
  const store = createStore(orm);
  let queues = (): readonly string[] => [];
  const setup = watchSetup(
    { namespace: server.namespace, retentionDays: config.ARTENIC_TEMPORAL_RETENTION_DAYS ?? null },
    logger,
  );
  const presence = reportPresence({
    ...{ store: store.as(systemPrincipal('presence')), id: randomUUID(), logger },
    ...{ queues: () => queues(), temporalProblems: setup.problems },
  });
  const connection = await connectTemporal(server, setup, logger);
  const temporal = createTemporalGateway(server, tracing?.client);
  const { storage: opened, sharedRoot } = openStorage(config);
  const storage = guardUploads(wraps.storage(opened), store.as(systemPrincipal('uploads')), () => new Date());
  const { control, data, providerActivities, providers } = wraps.activities(
    await composeActivities({
      ...{ config, store, storage, sharedRoot, temporal, served },
      traceparent: tracing?.traceparent ?? (() => null),
      wrapProvider: wraps.provider,
      environment: process.env,
    }),
  );

  const common = {
    // a killed worker keeps the next steps of its workflows reserved for at most this long
    stickyQueueScheduleToStartTimeout: '5s',
    ...wraps.workerOptions,
    ...(tracing === null ? {} : { interceptors: { activity: [...tracing.activities] }, sinks: tracing.sinks }),
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    shutdownGraceTime: config.ARTENIC_SHUTDOWN_GRACE_MS,
    shutdownForceTime: config.ARTENIC_SHUTDOWN_GRACE_MS + 2000,
  } as const;
  const unconfigured = await refuseUnconfigured(store.as(systemPrincipal('configuration')), served, process.env);
  const made = await Promise.all([
    ...(bundle === null ? [] : [controlWorker(await bundle, control, common)]),
    ...(served.data ? [dataWorkers(data, common)] : []),
    ...[...providers.values()].map((one) => providerWorkers(one, providerActivities, common)),
    ...unconfigured.map(async (name) => [await unconfiguredWorker(name, providerActivities, common)]),
  ]);
  const workers = made.flat();
  const startedMs = Date.now();
  const isWorking = (): boolean => workers.every((one) => one.getState() === 'RUNNING');
  queues = () => (isWorking() ? [...ownQueues(served), ...providers.keys()] : []);
  const loops = await startLoops({
    ...{ config, store, storage, temporal, server, logger, providers, setup },
    hasControl: served.control,
  });
  health.setReady(async () => {
    await Promise.all([store.ping(2000), temporal.ping(2000)]);
    // a job is accepted once its provider was checked; a provider that hangs delays readiness by a bounded time
    const isKnown = await areChecked(store, providers.keys(), new Date(startedMs));
    return (isKnown || Date.now() - startedMs > firstChecksMs) && isWorking();
  });

  stopOnSignals(workers, health);
  try {
    // A worker that fails must take the process down, so that a supervisor starts a whole one again.
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    for (const loop of [presence, ...loops]) await loop.close();
    await temporal.close();
    await connection.close();
    await closeOrm(orm);
    await tracing?.close();
    await health.close();
  }
}

if (import.meta.main) await runWorker();
