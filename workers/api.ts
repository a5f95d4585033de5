import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
import { modelCache } from '../api/predictions/model-cache.ts';
import { startServer } from '../api/http/server.ts';
import { createTemporalGateway } from '../app/temporal/gateway.ts';
import { guardTemporalUi } from '../api/http/temporal-ui.ts';
import { uuidv7 } from '../core/ids.ts';
import { createPredictor } from '../serving/predictor.ts';
import { listenForEvents } from '../store/events/listen.ts';
import { closeOrm, migrate, openOrm } from '../store/orm.ts';
import { guardUploads } from '../store/retention/guard-uploads.ts';
import { systemPrincipal } from '../store/principal-scope.ts';
import { createStore } from '../store/store.ts';
import { tokenHashOf } from '../store/access/tokens.ts';
import type { Store } from '../store/types.ts';
import { listOf, periodsOf, readConfig, shipIntervalMs, silenceSettingsOf, type Config } from './config.ts';
import { createSecrets } from './secrets.ts';
import { openStorage } from './compose/storage.ts';
import { openTracing } from './tracing/tracing.ts';
import { retryUntilReady } from './loops/until-it-works.ts';
import { keepUptime } from './loops/uptime.ts';
import { sayWhyTlsFails, temporalServerOf } from './temporal/access.ts';

// Whatever it writes is for its own user only.
process.umask(0o077);

const version = '0.1.0';

/** The admin's key as its file says it: a changed file is a changed key. */
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

/** `wrap`: what another program than this one (a test of faults) puts around the parts. */
export async function runApi(wrap: (deps: ApiDeps) => ApiDeps = (deps) => deps): Promise<void> {
  const config = readConfig(process.env);
  const home = resolve(config.ARTENIC_HOME);
  const logger = pino({ level: config.ARTENIC_LOG_LEVEL, base: { process: 'api' } });
  const tracing = await openTracing('artenic-api', process.env);
  const server = temporalServerOf(config);
  void sayWhyTlsFails(server, logger);
  const orm = await retryUntilReady('PostgreSQL', logger, async () => {
    const opened = await openOrm({ databaseUrl: config.DATABASE_URL, poolMax: 20 });
    try {
      await migrate(opened);
      return opened;
    } catch (error) {
      await closeOrm(opened);
      throw error;
    }
  });
  const store = createStore(orm);
  await keepAdminKey(store, config);
  const { storage: unguarded, signing, ownUrls } = openStorage(config);
  const now = (): Date => new Date();
  const storage = guardUploads(unguarded, store.as(systemPrincipal('uploads')), now);
  const temporal = createTemporalGateway(server, tracing?.client);
  const processes = config.ARTENIC_MODEL_PROCESSES;
  const predictor = createPredictor({
    pickleModules: listOf(config.ARTENIC_PICKLE_MODULES),
    fetchModel: modelCache(storage, join(home, 'cache', 'models')),
    maxHosts: Math.max(4, 2 * (processes ?? availableParallelism())),
    ...(processes === undefined ? {} : { maxHostsPerModel: processes }),
    totalMemoryBytes: totalmem() / 2,
    deadlineMs: 10_000,
    memoryBytes: 4 * 1024 ** 3,
  });
  const hearing = createHearing();
  const publicUrl = config.ARTENIC_PUBLIC_URL === undefined ? null : new URL(config.ARTENIC_PUBLIC_URL);
  const wakes = new Set<(topic: string | null) => void>();
  const hints = createHints({ store, logger, now, origin: randomUUID() });
  const listener = await listenForEvents(
    config.DATABASE_URL,
    (topic) => wakes.forEach((wake) => wake(topic)),
    (payload) => hints.receive(payload),
  );
  const deps = wrap({
    store,
    temporal,
    storage,
    signing,
    ownUrls,
    runner: { heartbeatIntervalMs: config.ARTENIC_HEARTBEAT_MS, shipIntervalMs },
    predictor,
    secrets: createSecrets({ environment: process.env, file: join(home, 'secrets.json') }),
    keyPepper: config.ARTENIC_KEY_PEPPER,
    webhookKeys: config.ARTENIC_WEBHOOK_SECRETS,
    now,
    hints,
    newId: () => uuidv7(Date.now(), randomBytes(10)),
    logger,
    allowedHosts: [...listOf(config.ARTENIC_ALLOWED_HOSTS), ...(publicUrl === null ? [] : [publicUrl.hostname])],
    allowedOrigins: [...listOf(config.ARTENIC_ALLOWED_ORIGINS), ...(publicUrl === null ? [] : [publicUrl.origin])],
    trustedProxies: listOf(config.ARTENIC_TRUSTED_PROXIES),
    hasAccessLog: config.ARTENIC_ACCESS_LOG === 'on',
    publicUrl: publicUrl?.href ?? null,
    limits: defaultLimits,
    traceRequest: tracing?.traceRequest ?? null,
    version,
    inferenceServers: listOf(config.ARTENIC_INFERENCE_SERVERS),
    temporalUi: config.ARTENIC_TEMPORAL_UI_URL ?? null,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    hearing,
    silence: silenceSettingsOf(config),
    knownProviders: [...providerModules.values()].map(({ name, configuredBy }) => ({ name, configuredBy })),
    reconcileMs: config.ARTENIC_RECONCILE_MS,
    periods: periodsOf(config),
    dashboardFolder: fileURLToPath(new URL('../web/dist/', import.meta.url)),
    onEvents: (wake) => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  });
  const running = await startServer(createApp(deps), { host: config.ARTENIC_API_HOST, port: config.ARTENIC_API_PORT });
  const upstream = config.ARTENIC_TEMPORAL_UI_UPSTREAM;
  const temporalUi =
    upstream === undefined
      ? null
      : await startServer(guardTemporalUi(deps, { upstream: new URL(upstream), apiPort: config.ARTENIC_API_PORT }), {
          host: config.ARTENIC_API_HOST,
          port: config.ARTENIC_TEMPORAL_UI_PORT,
        });
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
