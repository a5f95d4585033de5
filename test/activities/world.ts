import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/postgresql';
import {
  jobSpecSchema,
  objectKeys,
  type AttemptEnding,
  type CompletionMarker,
  type JobSpecInput,
  type ModelSignature,
} from '@artenic/core';
import { createControlActivities } from '../../activities/control.ts';
import type { ControlActivities, ProviderActivities } from '../../activities/contracts/index.ts';
import type { ControlDeps, ProviderDeps } from '../../activities/deps.ts';
import { openProcessFolder } from '../../activities/process-folder.ts';
import { createProviderActivities } from '../../activities/provider-activities.ts';
import { createLocalProvider, type LocalProviderOptions } from '../../activities/providers/local/provider.ts';
import type { LaunchRequest, Provider } from '../../activities/providers/provider.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { ArtenicError } from '../../core/errors.ts';
import { policyFor } from '../../core/failover/policy.ts';
import type { Offer } from '../../core/failover/types.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore, JobRecord, ProjectPrincipal } from '../../store/types.ts';
import { createTestDatabase } from '../setup/database.ts';
import { processesWith } from '../support/processes.ts';

export const localOffer: Offer = {
  provider: 'local',
  region: 'local',
  instanceType: 'local',
  spot: false,
  priceUsdMicrosPerHour: 0,
};
export const keyPepper = new Uint8Array(32).fill(7);
const principal: ProjectPrincipal = { kind: 'key', id: 'key-1', name: 'admin', projectId: 'default' };
const signature: ModelSignature = {
  inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['N', 3] }],
  labels: null,
};

type Parts = {
  readonly home: string;
  readonly orm: MikroORM;
  readonly drop: () => Promise<void>;
  readonly local: Provider;
  readonly databaseUrl: string;
};

/** The activities on a real database, a real folder and this machine; only Temporal and the model host are replaced. */
export class ActivityWorld {
  readonly home: string;
  readonly databaseUrl: string;
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly local: Provider;
  /** Attempts that got a capacity signal, in order. */
  readonly signals: string[] = [];
  readonly workflows = new Map<string, 'open' | 'closed'>();
  /** Error that a signal throws; null for success. */
  signalFault: Error | null = null;
  readonly #orm: MikroORM;
  readonly #drop: () => Promise<void>;
  #lastMs = Date.now();

  constructor({ home, orm, drop, local, databaseUrl }: Parts) {
    this.home = home;
    this.databaseUrl = databaseUrl;
    this.store = createStore(orm).as(principal);
    this.storage = createFilesystemStorage({ root: join(home, 'objects') });
    this.local = local;
    this.#orm = orm;
    this.#drop = drop;
  }

  static async make(): Promise<ActivityWorld> {
    const home = await mkdtemp(join(tmpdir(), 'artenic-activities-'));
    await mkdir(join(home, 'objects'));
    const { url, drop } = await createTestDatabase();
    const orm = await openOrm({ databaseUrl: url });
    const world = new ActivityWorld({ home, orm, drop, databaseUrl: url, local: ActivityWorld.openLocal(home) });
    await world.checkLocal();
    return world;
  }

  static openLocal(home: string, options: Partial<LocalProviderOptions> = {}): Provider {
    return createLocalProvider({
      home,
      runnerEntry: fileURLToPath(new URL('./providers/scripted-runner.mjs', import.meta.url)),
      nodePath: process.execPath,
      cacheDir: join(home, 'cache'),
      vcpu: 2,
      nvidiaSmi: join(home, 'no-nvidia-smi'),
      ...options,
    });
  }

  async checkLocal(): Promise<void> {
    const { name, capabilities } = this.local;
    await this.store.providers.upsert({ name, capabilities, ...(await this.local.check()), checkedAt: new Date() });
    await this.store.catalogs.put(name, await this.local.catalog('all'), 'all', new Date());
  }

  /** Adds a provider that a worker elsewhere serves and whose catalog is fresh. */
  async addProvider(name: string, offers: readonly Offer[]): Promise<void> {
    const { capabilities } = this.local;
    await this.store.providers.upsert({
      ...{ name, capabilities, usable: true, message: '', capacity: null, checkedAt: new Date() },
    });
    const resources = { vcpu: 8, memoryGib: 32, gpus: 0, gpuType: null };
    const rows = offers.map((one) => ({ ...one, resources }));
    await this.store.catalogs.put(name, rows, 'all', new Date());
  }

  /** Every reading is later than the previous one, so that the order of rows is certain. */
  readonly now = (): Date => {
    this.#lastMs = Math.max(this.#lastMs + 1, Date.now());
    return new Date(this.#lastMs);
  };

  control(changes: Partial<ControlDeps> = {}): ControlActivities {
    return createControlActivities({
      store: this.store,
      storage: this.storage,
      policyFor,
      signal: {
        capacityGranted: async (attemptId) => {
          if (this.signalFault !== null) throw this.signalFault;
          this.signals.push(attemptId);
        },
      },
      describeWorkflow: async (workflowId) => this.workflows.get(workflowId) ?? 'absent',
      inTemporaryFolder: async (work) => (await openProcessFolder(join(this.home, 'tmp')))(work),
      inspectModel: async (filePath) => {
        if ((await readFile(filePath, 'utf8')).startsWith('model')) return signature;
        throw new ArtenicError('model-rejected', 'It is no ONNX model.');
      },
      now: this.now,
      ...changes,
    });
  }

  provider(changes: Partial<ProviderDeps> = {}): ProviderActivities {
    return createProviderActivities({
      nextLaunch: (input) => this.control().nextLaunch(input),
      store: this.store,
      storage: this.storage,
      providers: new Map([['local', this.local]]),
      runner: {
        apiUrl: 'http://127.0.0.1:1',
        onThisMachine: {
          providers: new Set(['local']),
          endpointsFile: join(this.home, 'endpoints.json'),
          sharedRoot: join(this.home, 'objects'),
        },
        keyPepper,
        heartbeatIntervalMs: 500,
        shipIntervalMs: 100,
      },
      silence: { silentAfterMs: 600_000, helloWithinMs: null, helloWithinMsByProvider: new Map() },
      watchIntervalMs: new Map([['local', 2000]]),
      traceparent: () => null,
      now: this.now,
      ...changes,
    });
  }

  async addJob(spec: Partial<JobSpecInput> = {}): Promise<JobRecord> {
    return this.store.jobs.insert({
      id: randomUUID(),
      name: spec.name ?? 'penguins #1',
      spec: jobSpecSchema.parse({ service: 'penguins', command: 'train', ...spec }),
      principal,
      createdAt: this.now(),
    });
  }

  /** Opens an attempt like the workflow; the control's answer is ignored. */
  async addAttempt(jobId: string, attempt = 1): Promise<string> {
    await this.control().openAttempt({ jobId, attempt, offer: localOffer, reason: 'for the test' });
    return attemptIdOf(jobId, attempt);
  }

  async endAttempt(attemptId: string, kind: AttemptEnding['kind']): Promise<void> {
    await this.control().settleAttempt({ attemptId, ending: { kind, exitCode: null, message: `${kind} in the test` } });
  }

  /** The request that the activity makes, except for the token. */
  launchRequest(attemptId: string): LaunchRequest {
    const storage = { kind: 'directory', root: join(this.home, 'objects') } as const;
    return {
      attemptId,
      launch: 1,
      offer: localOffer,
      needs: { vcpu: 1, memoryGib: 0, gpus: 0 },
      mayExist: false,
      powerOffAfterSeconds: 3600,
      bootstrap: {
        ...{ attemptId, jobId: 'job', attempt: 1, apiUrl: 'http://127.0.0.1:1', bootstrapToken: 'x'.repeat(43) },
        ...{ storage, heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
      },
    };
  }

  /** Writes the runner's completion marker, with files as outputs. */
  async addMarker(
    attemptId: string,
    marker: Partial<CompletionMarker> & { readonly files?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const { jobId, attempt } = await this.store.attempts.get(attemptId);
    const { files = {}, ...rest } = marker;
    const outputs = [];
    for (const [path, content] of Object.entries(files)) {
      outputs.push({
        path,
        ...(await this.storage.put(objectKeys.output(jobId, attempt, path), Buffer.from(content))),
      });
    }
    const whole: CompletionMarker = {
      ...{ attemptId, phase: 'training', reason: 'exited', exitCode: 0, signal: null, message: '', outputs },
      ...{ setupFreeze: null, timings: {}, finishedAt: new Date().toISOString(), ...rest },
    };
    await this.storage.put(objectKeys.completion(jobId, attempt), Buffer.from(JSON.stringify(whole)));
  }

  async close(): Promise<void> {
    const left = processesWith(this.home);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await this.#orm.close(true);
    await this.#drop();
    await rm(this.home, { recursive: true, force: true });
    expect(left).toEqual([]);
  }
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
