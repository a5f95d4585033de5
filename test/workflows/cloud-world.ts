import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { jobSpecSchema, type JobSpecInput } from '@artenic/core';
import type { SweepOutcome } from '../../activities/contracts/index.ts';
import { createCatalogActivities } from '../../activities/catalog/refresh.ts';
import { createCheckActivities } from '../../activities/catalog/check-provider.ts';
import { principalOfActivity } from '../../activities/principal.ts';
import { createControlActivities } from '../../activities/control.ts';
import { nextLaunch } from '../../activities/failover/next-launch.ts';
import type { ControlDeps } from '../../activities/deps.ts';
import { createProviderActivities } from '../../activities/provider-activities.ts';
import { createSimulatedProvider } from '../../activities/providers/simulated/provider.ts';
import { createCollectorActivities } from '../../activities/retention/collect.ts';
import { createRepairActivities, createSweepActivities } from '../../activities/reconcile/create.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createTemporalGateway, type TemporalGateway } from '../../app/temporal/gateway.ts';
import { defaultPeriods } from '../../core/retention/rules.ts';
import { policyFor } from '../../core/failover/policy.ts';
import { uuidv7 } from '../../core/ids.ts';
import type { SilenceSettings } from '../../core/silence/silence.ts';
import { defaultWorld } from '../../simulated-cloud/rules/default-world.ts';
import { judge, type Judgement } from '../../simulated-cloud/rules/judge.ts';
import { worldSchema, type WorldInput } from '../../simulated-cloud/rules/world.ts';
import { startCloud, type CloudServer } from '../../simulated-cloud/server.ts';
import { closeOrm, openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { JobRecord, ActingStore } from '../../store/types.ts';
import { controlQueue, launchQueue, lifecycleQueue, searchAttributes } from '../../workflows/contracts/index.ts';
import type { reconcileProviders, refreshCatalog } from '../../workflows/index.ts';
import { createTestDatabase } from '../setup/database.ts';
import { testTemporal } from '../setup/temporal.ts';
import { poll } from '../support/poll.ts';

const key = 'a key of sixteen letters';
const controlKey = 'a control key of its own';
const principal = { id: 'key-1', name: 'admin', projectId: 'default' };

const hourMs = 3_600_000;
const neverSilent: SilenceSettings = {
  silentAfterMs: hourMs,
  helloWithinMs: hourMs,
  helloWithinMsByProvider: new Map(),
};

type CloudWorldOptions = {
  readonly world?: Partial<WorldInput>;
  /** Grace of the reconciler; 0 when absent. */
  readonly graceMs?: number;
  /** Silence after which a machine is ended; never when absent, because scripted machines have no API here. */
  readonly silence?: SilenceSettings;
};

function startWorldCloud(home: string, world: NonNullable<CloudWorldOptions['world']>): Promise<CloudServer> {
  return startCloud({
    world: worldSchema.parse({
      ...defaultWorld,
      ...{ keys: [{ id: 'default', key }], controlKey, preemption: {}, bootSeconds: [0, 0], listLagSeconds: [0, 0] },
      // The machine hangs until the test ends it.
      machine: { kind: 'scripted', script: [] },
      ...world,
    }),
    ...{ home: join(home, 'cloud'), runnerEntry: '/nowhere', nodePath: process.execPath, port: 0 },
  });
}

const adoptingBy =
  ({ startTrainingJob }: TemporalGateway) =>
  ({ id, name, service }: JobRecord): Promise<void> =>
    startTrainingJob(id, { adopt: true, name, service });

/** Real Temporal, PostgreSQL and activities, and the simulated cloud with scripted machines. Tests start the sweeps. */
export class CloudWorld {
  readonly store: ActingStore;
  readonly cloud: CloudServer;
  readonly client: Client;
  readonly namespace: string;
  readonly temporal: TemporalGateway;
  readonly #close: () => Promise<void>;

  private constructor(parts: {
    readonly store: ActingStore;
    readonly cloud: CloudServer;
    readonly client: Client;
    readonly namespace: string;
    readonly temporal: TemporalGateway;
    readonly close: () => Promise<void>;
  }) {
    this.store = parts.store;
    this.cloud = parts.cloud;
    this.client = parts.client;
    this.namespace = parts.namespace;
    this.temporal = parts.temporal;
    this.#close = parts.close;
  }

  static async start({ world = {}, graceMs = 0, silence = neverSilent }: CloudWorldOptions = {}): Promise<CloudWorld> {
    try {
      Runtime.install({ logger: new DefaultLogger('ERROR') });
    } catch {
      // An earlier test file in this process has installed the runtime.
    }
    const home = mkdtempSync(join(tmpdir(), 'artenic-reconcile-'));
    for (const folder of ['cloud', 'objects']) mkdirSync(join(home, folder));
    const cloud = await startWorldCloud(home, world);
    const database = await createTestDatabase();
    const orm = await openOrm({ databaseUrl: database.url });
    // The store acts as this world, and inside an activity as the workflow that the activity works for.
    const store = createStore(orm).as(principalOfActivity);
    const { address, namespace, workflowBundlePath } = await testTemporal();
    const temporal = createTemporalGateway({ address, namespace });
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const storage = createFilesystemStorage({ root: join(home, 'objects') });
    const provider = createSimulatedProvider({ url: cloud.url, key, namespace: 'test', timeoutMs: 2000 });
    const deps: ControlDeps = {
      ...{ store, storage, policyFor, describeWorkflow: temporal.describe },
      signal: { capacityGranted: temporal.signalCapacityGranted },
      inspectModel: () => Promise.reject(new Error('no job here makes a model')),
      inTemporaryFolder: () => Promise.reject(new Error('no job here makes a model')),
      now: () => new Date(),
    };
    const providers = new Map([['simulated', provider]]);
    const { name, capabilities } = provider;
    await store.providers.upsert({ name, capabilities, ...(await provider.check()), checkedAt: new Date() });
    const common = { connection: native, namespace, shutdownGraceTime: '1s' } as const;
    const repair = createRepairActivities({ ...deps, providers, adoptJob: adoptingBy(temporal) });
    const providerActivities = {
      ...createProviderActivities({
        ...{ ...deps, providers, silence, watchIntervalMs: new Map([['simulated', 2000]]) },
        nextLaunch: (input) => nextLaunch(deps, input),
        traceparent: () => null,
        runner: {
          ...{ apiUrl: 'http://127.0.0.1:1', keyPepper: new Uint8Array(32).fill(7) },
          onThisMachine: {
            ...{ providers: new Set(['simulated']), endpointsFile: null, sharedRoot: join(home, 'objects') },
          },
          ...{ heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
        },
      }),
      ...createSweepActivities({ ...deps, providers, graceMs }),
      ...createCatalogActivities({ ...deps, providers }),
      ...createCheckActivities({ ...deps, providers }),
      settleAbandoned: repair.settleAbandoned,
    };
    const workers = await Promise.all([
      Worker.create({
        ...{ ...common, taskQueue: controlQueue, workflowBundle: { codePath: workflowBundlePath } },
        activities: {
          ...createControlActivities(deps),
          ...repair,
          ...createCollectorActivities({ ...deps, periods: defaultPeriods }),
        },
      }),
      ...[launchQueue('simulated'), lifecycleQueue('simulated')].map((taskQueue) =>
        Worker.create({ ...common, taskQueue, activities: providerActivities }),
      ),
    ]);
    const running = workers.map((worker) => worker.run());
    const close = async (): Promise<void> => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await native.close();
      await connection.close();
      await temporal.close();
      await closeOrm(orm);
      await database.drop();
      await cloud.close();
      rmSync(home, { recursive: true, force: true });
    };
    return new CloudWorld({
      ...{ store, cloud, namespace, temporal, close },
      client: new Client({ connection, namespace }),
    });
  }

  /** Runs a refresh like the schedule does. */
  async refreshOffers(): Promise<void> {
    await this.client.workflow.execute<typeof refreshCatalog>('refreshCatalog', {
      workflowId: `catalog/simulated-${randomUUID()}`,
      taskQueue: controlQueue,
      args: [{ provider: 'simulated' }],
      typedSearchAttributes: [{ key: searchAttributes.kind, value: 'refreshCatalog' }],
    });
  }

  /** Starts a sweep like the schedule does. */
  startSweep(): Promise<WorkflowHandle<typeof reconcileProviders>> {
    return this.client.workflow.start<typeof reconcileProviders>('reconcileProviders', {
      workflowId: `reconcile/simulated-${randomUUID()}`,
      taskQueue: controlQueue,
      args: [{ provider: 'simulated' }],
      typedSearchAttributes: [{ key: searchAttributes.kind, value: 'reconcileProviders' }],
    });
  }

  /** Null when the sweep could not survey the provider. */
  async sweep(): Promise<SweepOutcome | null> {
    return (await this.startSweep()).result();
  }

  /** Sweeps until `ask` returns a value. */
  async sweepUntil<T>(what: string, ask: () => Promise<T | null> | T | null, timeoutMs = 15_000): Promise<T> {
    return poll(what, timeoutMs, async () => {
      await this.sweep();
      return ask();
    });
  }

  async addJob(spec: Partial<JobSpecInput> = {}): Promise<JobRecord> {
    const placement = { providers: ['simulated'], mode: 'on-demand' } as const;
    return this.store.jobs.insert({
      id: uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
      name: spec.name ?? 'penguins #1',
      spec: jobSpecSchema.parse({ service: 'penguins', command: 'train', stopGraceSeconds: 1, placement, ...spec }),
      principal,
      createdAt: new Date(),
    });
  }

  /** Starts a job and waits until its first attempt has its instance and is watched. */
  async startJob(): Promise<{ readonly jobId: string; readonly attemptId: string; readonly instanceId: string }> {
    const { id: jobId } = await this.addJob();
    await this.temporal.startTrainingJob(jobId, { adopt: false, name: 'penguins #1', service: 'penguins' });
    const attemptId = `${jobId}/attempt-1`;
    const handle = await poll(`the launch of ${attemptId}`, 15_000, async () => {
      const row = await this.store.attempts.find(attemptId);
      return row?.handle ?? null;
    });
    return { jobId, attemptId, instanceId: handle.instanceId };
  }

  /** Cancels the job; the runner stops for it and reports so. */
  async lastWord(jobId: string, attemptId: string): Promise<void> {
    await this.store.jobs.requestCancel(jobId, 'user', new Date());
    await poll(`a workflow that hears the end of ${attemptId}`, 15_000, () =>
      this.temporal.signalRunnerEvent(attemptId, { kind: 'stopped', id: 'last', reason: 'cancelled' }).then(
        () => true,
        () => null,
      ),
    );
  }

  /** An attempt's row in the state that a test needs, without any workflow. */
  async openAttempt(jobId: string, attempt = 1): Promise<string> {
    const offer = { provider: 'simulated', region: 'eu-north', instanceType: 'cpu-2', spot: false };
    const id = `${jobId}/attempt-${attempt}`;
    await this.store.attempts.open({
      ...{ id, jobId, attempt, reason: 'for the test', createdAt: new Date() },
      offer: { ...offer, priceUsdMicrosPerHour: 83_200 },
    });
    await this.store.jobs.moveFence(jobId, attempt);
    return id;
  }

  /** Creates an instance without the platform, but with its key. */
  async create(attemptId: string, namespace = 'test'): Promise<string> {
    const response = await fetch(`${this.cloud.url}/v1/instances`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ name: randomUUID(), region: 'eu-north', instanceType: 'cpu-2', spot: false },
        tags: { 'artenic-attempt': attemptId, 'artenic-namespace': namespace },
      }),
    });
    return ((await response.json()) as { instanceId: string }).instanceId;
  }

  async control(method: string, path: string, body: object): Promise<void> {
    const response = await fetch(`${this.cloud.url}/control${path}`, {
      method,
      headers: { authorization: `Bearer ${controlKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  }

  faults(...rules: readonly object[]): Promise<void> {
    return this.control('PUT', '/faults', { rules: rules.map((rule, index) => ({ id: String(index), ...rule })) });
  }

  isAlive(instanceId: string): boolean {
    return this.cloud.cloud.state.live.has(instanceId);
  }

  instancesOf(attemptId: string): readonly string[] {
    const all = [...this.cloud.cloud.state.instances.values()];
    return all.filter(({ tags }) => tags['artenic-attempt'] === attemptId).map(({ instanceId }) => instanceId);
  }

  judge(): Judgement {
    const question = { tag: 'artenic-attempt', quiescentAtMs: null, saidOverAtMs: {} };
    return judge(this.cloud.cloud.state, question, this.cloud.cloud.nowMs());
  }

  async kindsOfEvents(subject: string): Promise<readonly string[]> {
    await this.store.events.sequence();
    const events = await this.store.events.after(0n, 10_000);
    return events.filter((event) => event.subject === subject).map(({ kind }) => kind);
  }

  close(): Promise<void> {
    return this.#close();
  }
}
