import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobSpecSchema, type JobSpecInput } from '@artenic/core';
import type { MikroORM } from '@mikro-orm/postgresql';
import { pino } from 'pino';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createOwnUrls } from '../../activities/storage/own-urls.ts';
import { providerModules } from '../../activities/providers/registry.ts';
import { createApp } from '../../api/app.ts';
import { defaultLimits, type ApiDeps } from '../../api/deps.ts';
import { createHints } from '../../api/live/hints.ts';
import { makeKey, parseKey } from '../../app/access/keys.ts';
import { createHearing } from '../../api/live/hearing.ts';
import { createLive } from '../../api/live/live.ts';
import { previewCache } from '../../api/datasets/preview-cache.ts';
import { modelCache } from '../../api/predictions/model-cache.ts';
import { startServer } from '../../api/http/server.ts';
import type { TemporalGateway } from '../../app/temporal/gateway.ts';
import { ArtenicError } from '../../core/errors.ts';
import { defaultUploadRules } from '../../core/datasets/upload-rules.ts';
import { attemptIdOf, uuidv7 } from '../../core/ids.ts';
import { defaultPeriods } from '../../core/retention/rules.ts';
import { openProcessFolder } from '../../activities/process-folder.ts';
import { createPreviews } from '../../profiling/previews.ts';
import { createPredictor, type PredictorOptions } from '../../serving/predictor.ts';
import { listenForEvents } from '../../store/events/listen.ts';
import { openOrm } from '../../store/orm.ts';
import { guardUploads } from '../../store/retention/guard-uploads.ts';
import { createStore } from '../../store/store.ts';
import { bootstrapTokenOf, tokenHashOf } from '../../store/access/tokens.ts';
import type { ActingStore, JobRecord, ProjectPrincipal, Store } from '../../store/types.ts';
import { createTestDatabase } from '../setup/database.ts';
import { readContract, type Contract } from './contract.ts';

export const keyPepper = new Uint8Array(32).fill(9);
/** Temporal as the API sees it, in memory: it records calls and can be unavailable. */
export class RecordedTemporal implements TemporalGateway {
  readonly calls: (readonly [name: string, ...args: unknown[]])[] = [];
  isAway = false;

  async #take(...call: readonly [string, ...unknown[]]): Promise<void> {
    if (this.isAway) throw new ArtenicError('unavailable', 'Temporal does not answer.');
    this.calls.push(call);
  }
  of(name: string): readonly (readonly unknown[])[] {
    return this.calls.filter((call) => call[0] === name).map(([, ...args]) => args);
  }
  readonly startTrainingJob = (...args: unknown[]) => this.#take('start', ...args);
  readonly cancelTrainingJob = (...args: unknown[]) => this.#take('cancel', ...args);
  readonly signalRunnerEvent = (...args: unknown[]) => this.#take('signal', ...args);
  readonly signalCapacityGranted = (...args: unknown[]) => this.#take('granted', ...args);
  readonly signalEndNow = (...args: unknown[]) => this.#take('end-now', ...args);
  readonly wakeAttempt = (...args: unknown[]) => this.#take('wake-attempt', ...args);
  readonly wakeFailover = (...args: unknown[]) => this.#take('wake', ...args);
  readonly sweepNow = (...args: unknown[]) => this.#take('sweep', ...args);
  readonly startProfileDataset = (...args: unknown[]) => this.#take('profile', ...args);
  readonly signalJobEnded = (...args: unknown[]) => this.#take('ended', ...args);
  readonly ping = () => this.#take('ping');
  /** Jobs whose workflows are open; all other jobs have no workflow. */
  readonly open = new Set<string>();
  readonly openTrainingJobs = async () => this.open;
  readonly describe = async (workflowId: string) =>
    this.open.has(workflowId.replace('training-job/', '')) ? ('open' as const) : ('absent' as const);
  readonly close = async () => undefined;
}

const testPrincipal: ProjectPrincipal = { kind: 'key', id: 'key-1', name: 'admin', projectId: 'default' };
const poolMax = 10;

/**
 * Holds every connection of the pool at once. Closing the pool never ends while a connection is being made, and the
 * handlers of disconnected clients may still request a connection.
 */
async function fillPool(store: Store): Promise<void> {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let held = 0;
  const hold = async (): Promise<void> => {
    held++;
    if (held === poolMax) resolve();
    await all;
  };
  await Promise.all(Array.from({ length: poolMax }, () => store.transaction(testPrincipal, hold)));
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each test says what it expects
  readonly json: <T = Record<string, unknown>>() => T;
};
type CallOptions = {
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: unknown;
  /** Bearer token; the admin's key when absent, none when null. */
  readonly bearer?: string | null;
};

type Parts = {
  readonly deps: ApiDeps;
  readonly temporal: RecordedTemporal;
  readonly key: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly contract: Contract;
  readonly close: () => Promise<void>;
};

/** The API on a real database, real files and a real port. Every answer is checked against the served document. */
export class ApiWorld {
  readonly deps: ApiDeps;
  /** Store with the tests' own principal. */
  readonly store: ActingStore;
  readonly temporal: RecordedTemporal;
  readonly key: string;
  readonly port: number;
  readonly url: string;
  readonly databaseUrl: string;
  readonly #contract: Contract;
  readonly #close: () => Promise<void>;

  constructor({ deps, temporal, key, port, databaseUrl, contract, close }: Parts) {
    this.databaseUrl = databaseUrl;
    this.deps = deps;
    this.store = deps.store.as(testPrincipal);
    this.temporal = temporal;
    this.key = key;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#contract = contract;
    this.#close = close;
  }

  static async start(changes: Partial<ApiDeps> = {}, hosts: Partial<PredictorOptions> = {}): Promise<ApiWorld> {
    const home = await mkdtemp(join(tmpdir(), 'artenic-api-'));
    const { url, drop } = await createTestDatabase();
    const orm: MikroORM = await openOrm({ databaseUrl: url, poolMax });
    const store = createStore(orm);
    const wakes = new Set<(topic: string | null) => void>();
    const now = () => new Date();
    const logger = pino({ level: 'silent' });
    const hints = createHints({ store, logger, now, origin: url });
    const listener = await listenForEvents(
      url,
      (topic) => wakes.forEach((wake) => wake(topic)),
      (payload) => hints.receive(payload),
    );
    const temporal = new RecordedTemporal();
    let baseUrl = '';
    const ownUrls = createOwnUrls({
      get baseUrl() {
        return baseUrl;
      },
      secret: keyPepper,
      now: () => new Date(),
    });
    const files = createFilesystemStorage({ root: join(home, 'objects') });
    const storage = guardUploads(files, store.as(testPrincipal), now);
    const predictor = createPredictor({
      fetchModel: modelCache(storage, join(home, 'cache')),
      ...{ maxHosts: 4, maxHostsPerModel: 2, deadlineMs: 10_000, memoryBytes: 2 ** 30, ...hosts },
    });
    const previews = createPreviews({
      fetchFile: previewCache(storage, join(home, 'previews')).fetch,
      folder: join(home, 'preview-readers'),
    });
    const deps: ApiDeps = {
      ...{ store, temporal, keyPepper, limits: defaultLimits, version: '0.1.0', inferenceServers: [] },
      ...{ temporalUi: null, temporalNamespace: 'default', dashboardFolder: null, reconcileMs: 60_000 },
      ...{ publicUrl: null, periods: defaultPeriods, traceRequest: null },
      ...{ trustedProxies: [], hasAccessLog: false, uploads: defaultUploadRules },
      ...{ allowedHosts: ['artenic.test'], allowedOrigins: ['https://ui.test'] },
      inTemporaryFolder: await openProcessFolder(join(home, 'tmp')),
      ...{ storage, predictor, previews },
      hearing: createHearing(),
      silence: { silentAfterMs: 600_000, helloWithinMs: null, helloWithinMsByProvider: new Map() },
      knownProviders: [...providerModules.values()].map(({ endCommand = null, ...one }) => ({ ...one, endCommand })),
      webhookKeys: [],
      ...{ signing: ownUrls, storageKind: 'filesystem', ownUrls },
      runner: { heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
      secrets: async (names) => Object.fromEntries(names.map((name) => [name, `secret of ${name}`])),
      ...{ now, logger, hints },
      newId: () => uuidv7(Date.now(), randomBytes(10)),
      onEvents: (wake) => {
        wakes.add(wake);
        return () => wakes.delete(wake);
      },
      ...changes,
    };
    const key = await addKey(store.as(testPrincipal), 'admin');
    await store.as(testPrincipal).providers.upsert({
      ...{ name: 'local', usable: true, message: '', checkedAt: new Date() },
      capabilities: { spot: false, preemptionNotice: false, idempotencyToken: true, regions: false },
      capacity: { vcpu: 4, memoryGib: 8, gpus: 0, gpuType: null },
    });
    const running = await startServer(createApp(deps), { host: '127.0.0.1', port: 0 });
    baseUrl = `http://127.0.0.1:${running.port}`;
    const live = createLive(deps, running.server);
    const contract = await readContract(baseUrl);
    const close = async (): Promise<void> => {
      await live.close();
      await running.close(1000);
      await predictor.close();
      await previews.close();
      await listener.close();
      await fillPool(store);
      await orm.close(true);
      await drop();
      await rm(home, { recursive: true, force: true });
    };
    return new ApiWorld({ deps, temporal, key, port: running.port, databaseUrl: url, contract, close });
  }

  close(): Promise<void> {
    return this.#close();
  }

  async call(
    method: string,
    path: string,
    { headers = {}, body, bearer = this.key }: CallOptions = {},
  ): Promise<Answer> {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.#contract(method, new URL(response.url).pathname, response, text);
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as `Answer` says
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  async addJob(spec: Partial<JobSpecInput> = {}, projectId = 'default'): Promise<JobRecord> {
    return this.store.jobs.insert({
      id: randomUUID(),
      name: spec.name ?? `${spec.service ?? 'penguins'} #1`,
      spec: jobSpecSchema.parse({ service: 'penguins', command: 'train', ...spec }),
      principal: { name: 'someone', projectId },
      createdAt: new Date(),
    });
  }

  /** Opens an attempt like the workflow, before its runner says hello. */
  async openAttempt(jobId: string, attempt = 1): Promise<string> {
    const id = attemptIdOf(jobId, attempt);
    const offer = { provider: 'local', region: 'local', instanceType: 'local', spot: false, priceUsdMicrosPerHour: 0 };
    await this.store.attempts.open({ id, jobId, attempt, offer, reason: 'for the test', createdAt: new Date() });
    await this.store.jobs.moveFence(jobId, attempt);
    return id;
  }

  hello(
    attemptId: string,
    attemptToken: string,
    bootstrapToken = bootstrapTokenOf(keyPepper, attemptId),
  ): Promise<Answer> {
    return this.call('POST', '/api/v1/runner/hello', {
      bearer: null,
      body: { attemptId, bootstrapToken, attemptToken, host: { hostname: 'h', platform: 'linux', cores: 1, pid: 1 } },
    });
  }

  /** A job whose first attempt's runner has said hello. */
  async startRunner(spec: Partial<JobSpecInput> = {}): Promise<Runner> {
    const job = await this.addJob(spec);
    return this.startAttempt(job.id, 1);
  }

  async startAttempt(jobId: string, attempt: number): Promise<Runner> {
    const attemptId = await this.openAttempt(jobId, attempt);
    const token = randomBytes(32).toString('base64url');
    const answer = await this.hello(attemptId, token);
    if (answer.status !== 200) throw new Error(answer.text);
    return { jobId, attempt, attemptId, token };
  }

  /** Sends a request like a runner. */
  ship(runner: Pick<Runner, 'token'>, path: string, body: string | Uint8Array | object): Promise<Answer> {
    const isBytes = typeof body === 'string' || body instanceof Uint8Array;
    return this.call('POST', `/api/v1/runner/${path}`, {
      bearer: runner.token,
      body,
      ...(isBytes ? { headers: { 'content-type': 'application/octet-stream' } } : {}),
    });
  }
}

export type Runner = {
  readonly jobId: string;
  readonly attempt: number;
  readonly attemptId: string;
  readonly token: string;
};

export async function addKey(store: ActingStore, name: string, projectId = 'default'): Promise<string> {
  const key = makeKey();
  await store.apiKeys.upsert({
    ...{ id: parseKey(key)?.id ?? '', name, role: 'admin', projectId, createdAt: new Date() },
    secretHash: tokenHashOf(keyPepper, key),
  });
  return key;
}

export const errorOf = (answer: Answer): string =>
  answer.json<{ type: string }>().type.replace('urn:artenic:error:', '');
