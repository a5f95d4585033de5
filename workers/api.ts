import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { providerModules } from '../activities/providers/registry.ts';
import { createApp } from '../api/app.ts';
import { defaultLimits, type ApiDeps } from '../api/deps.ts';
import { createHints } from '../api/live/hints.ts';
import { parseKey } from '../app/access/keys.ts';
import { createHearing } from '../api/live/hearing.ts';
import { createLive } from '../api/live/live.ts';
import { startLogKeeper } from '../app/logs/keeper.ts';
import { previewCache } from '../api/datasets/preview-cache.ts';
import { modelCache } from '../api/predictions/model-cache.ts';
import { startServer, type RunningServer } from '../api/http/server.ts';
import { createTemporalGateway } from '../app/temporal/gateway.ts';
import { guardTemporalUi } from '../api/http/temporal-ui.ts';
import { uuidv7 } from '../core/ids.ts';
import { createPreviews, type Previews } from '../profiling/previews.ts';
import { createPredictor, type Predictor } from '../serving/predictor.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import { listenForEvents } from '../store/events/listen.ts';
import { closeOrm } from '../store/orm.ts';
import { guardUploads } from '../store/retention/guard-uploads.ts';
import { systemPrincipal } from '../store/principal-scope.ts';
import { createStore } from '../store/store.ts';
import { tokenHashOf } from '../store/access/tokens.ts';
import type { Store } from '../store/types.ts';
import {
  listOf,
  periodsOf,
  readConfig,
  shipIntervalMs,
  silenceSettingsOf,
  uploadRulesOf,
  type Config,
} from './config.ts';
import { createSecrets } from './secrets.ts';
import { openStorage } from './compose/storage.ts';
import { openTracing } from './tracing/tracing.ts';
import { openDatabase } from './compose/database.ts';
import { keepUptime } from './loops/uptime.ts';
import { sayWhyTlsFails, temporalServerOf } from './temporal/access.ts';

// Files of this process are readable by its own user only.
process.umask(0o077);

const version = '0.1.0';

/** Stores the admin's key from its file: a changed file changes the key. */
async function keepAdminKey(store: Store, config: Config): Promise<void> {
  if (config.ARTENIC_ADMIN_KEY_FILE === undefined) return;
  const text = readFileSync(config.ARTENIC_ADMIN_KEY_FILE, 'utf8').trim();
  const parsed = parseKey(text);
  if (parsed === null) throw new Error(`${config.ARTENIC_ADMIN_KEY_FILE} does not hold an API key`);
  await store.as(systemPrincipal('admin-key-file', 'default')).apiKeys.upsert({
    id: parsed.id,
    name: 'admin',
    secretHash: tokenHashOf(config.ARTENIC_KEY_PEPPER, parsed.secret),
    role: 'admin',
    projectId: 'default',
    createdAt: new Date(),
  });
}

/** The API's settings, which follow from the configuration alone. */
function settingsOf(config: Config) {
  const publicUrl = config.ARTENIC_PUBLIC_URL === undefined ? null : new URL(config.ARTENIC_PUBLIC_URL);
  return {
    runner: { heartbeatIntervalMs: config.ARTENIC_HEARTBEAT_MS, shipIntervalMs },
    keyPepper: config.ARTENIC_KEY_PEPPER,
    webhookKeys: config.ARTENIC_WEBHOOK_SECRETS,
    allowedHosts: [...listOf(config.ARTENIC_ALLOWED_HOSTS), ...(publicUrl === null ? [] : [publicUrl.hostname])],
    allowedOrigins: [...listOf(config.ARTENIC_ALLOWED_ORIGINS), ...(publicUrl === null ? [] : [publicUrl.origin])],
    trustedProxies: listOf(config.ARTENIC_TRUSTED_PROXIES),
    hasAccessLog: config.ARTENIC_ACCESS_LOG === 'on',
    publicUrl: publicUrl?.href ?? null,
    limits: defaultLimits,
    uploads: uploadRulesOf(config),
    version,
    inferenceServers: listOf(config.ARTENIC_INFERENCE_SERVERS),
    temporalUi: config.ARTENIC_TEMPORAL_UI_URL ?? null,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    silence: silenceSettingsOf(config),
    knownProviders: [...providerModules.values()].map(({ name, configuredBy, endCommand = null }) => ({
      ...{ name, configuredBy, endCommand },
    })),
    reconcileMs: config.ARTENIC_RECONCILE_MS,
    periods: periodsOf(config),
    dashboardFolder: fileURLToPath(new URL('../web/dist/', import.meta.url)),
  } satisfies Partial<ApiDeps>;
}

function openPredictor(config: Config, storage: ObjectStorage): Predictor {
  const processes = config.ARTENIC_MODEL_PROCESSES;
  return createPredictor({
    pickleModules: listOf(config.ARTENIC_PICKLE_MODULES),
    fetchModel: modelCache(storage, join(resolve(config.ARTENIC_HOME), 'cache', 'models')),
    maxHosts: Math.max(4, 2 * (processes ?? availableParallelism())),
    ...(processes === undefined ? {} : { maxHostsPerModel: processes }),
    totalMemoryBytes: totalmem() / 2,
    deadlineMs: 10_000,
    memoryBytes: 4 * 1024 ** 3,
  });
}

/** A reader of a previous process is gone with it; its folder goes here. */
function openPreviews(config: Config, storage: ObjectStorage): Previews {
  const home = resolve(config.ARTENIC_HOME);
  const folder = join(home, 'cache', 'preview-readers');
  rmSync(folder, { recursive: true, force: true });
  const cache = previewCache(storage, join(home, 'cache', 'previews'));
  return createPreviews({ fetchFile: cache.fetch, onSweep: cache.prune, folder });
}

/** Null where no Temporal Web UI is configured. */
async function serveTemporalUi(deps: ApiDeps, config: Config): Promise<RunningServer | null> {
  const upstream = config.ARTENIC_TEMPORAL_UI_UPSTREAM;
  if (upstream === undefined) return null;
  const guard = guardTemporalUi(deps, { upstream: new URL(upstream), apiPort: config.ARTENIC_API_PORT });
  return startServer(guard, { host: config.ARTENIC_API_HOST, port: config.ARTENIC_TEMPORAL_UI_PORT });
}

/** @param wrap puts the wrappers of another program (a test of faults) around the parts */
export async function runApi(wrap: (deps: ApiDeps) => ApiDeps = (deps) => deps): Promise<void> {
  const config = readConfig(process.env);
  const home = resolve(config.ARTENIC_HOME);
  const logger = pino({ level: config.ARTENIC_LOG_LEVEL, base: { process: 'api' } });
  const tracing = await openTracing('artenic-api', process.env);
  const server = temporalServerOf(config);
  void sayWhyTlsFails(server, logger);
  const orm = await openDatabase({ databaseUrl: config.DATABASE_URL, poolMax: 20 }, logger);
  const store = createStore(orm);
  await keepAdminKey(store, config);
  const { storage: unguarded, kind: storageKind, signing, ownUrls } = openStorage(config);
  const now = (): Date => new Date();
  const storage = guardUploads(unguarded, store.as(systemPrincipal('uploads')), now);
  const temporal = createTemporalGateway(server, tracing?.client);
  const predictor = openPredictor(config, storage);
  const previews = openPreviews(config, storage);
  const hearing = createHearing();
  const wakes = new Set<(topic: string | null) => void>();
  const hints = createHints({ store, logger, now, origin: randomUUID() });
  const listener = await listenForEvents(
    config.DATABASE_URL,
    (topic) => wakes.forEach((wake) => wake(topic)),
    (payload) => hints.receive(payload),
  );
  const deps = wrap({
    ...settingsOf(config),
    store,
    temporal,
    storage,
    signing,
    storageKind,
    ownUrls,
    predictor,
    previews,
    secrets: createSecrets({ environment: process.env, file: join(home, 'secrets.json') }),
    now,
    hints,
    newId: () => uuidv7(Date.now(), randomBytes(10)),
    logger,
    traceRequest: tracing?.traceRequest ?? null,
    hearing,
    onEvents: (wake) => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  });
  const running = await startServer(createApp(deps), { host: config.ARTENIC_API_HOST, port: config.ARTENIC_API_PORT });
  const temporalUi = await serveTemporalUi(deps, config);
  const live = createLive(deps, running.server);
  const logKeeper = startLogKeeper({ ...deps, store: store.as(systemPrincipal('logs')) }, { intervalMs: 5000 });

  const uptime = keepUptime({
    ...{ store: store.as(systemPrincipal('uptime')), logger, takeFault: hearing.takeFault, now: deps.now },
    silentAfterMs: deps.silence.silentAfterMs,
  });
  logger.info({ port: running.port }, 'listening');

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await uptime.close();
    await temporalUi?.close(0);
    await live.close();
    const kept = logKeeper.close();
    await running.close(config.ARTENIC_SHUTDOWN_GRACE_MS);
    await kept;
    await predictor.close();
    await previews.close();
    await listener.close();
    await temporal.close();
    await closeOrm(orm);
    await tracing?.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

if (import.meta.main) await runApi();
