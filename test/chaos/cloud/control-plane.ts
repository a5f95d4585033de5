import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { makeKey } from '../../../app/access/keys.ts';
import { messageOf } from '../../../core/errors.ts';
import type { Judgement } from '../../../simulated-cloud/rules/judge.ts';
import { databaseUrl, startPostgres } from '../../../workers/up/postgres/postgres.ts';
import { freePort } from '../../../workers/up/ports.ts';
import { startTemporalServer } from '../../../workers/up/temporal-server.ts';
import { poll } from '../../support/poll.ts';
import { makeEnteredFolder } from '../../support/entered-folder.ts';
import { processesWith } from '../../support/processes.ts';
import { serveFailpoints, type Hit } from './failpoints.ts';
import { copyDatabase, postgresOptions, type Groundwork, type Pace } from './groundwork.ts';
import { answers, ask, Refused } from './http.ts';
import { Part } from './part.ts';
import type { Sabotage } from './sabotage.ts';
import type { Machines, Target, WorldOfBatch } from './schedule.ts';
import type { StorageWeather } from './storage-weather.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Setting of Temporal's dev server; without it, timers take at least a second. */
const timerShift = ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="20ms"'];
const shortTasks = ['--dynamic-config-value', 'history.defaultWorkflowTaskTimeout="3s"'];
const fewPartitions = ['Read', 'Write'].flatMap((kind) => [
  '--dynamic-config-value',
  `matching.numTaskqueue${kind}Partitions=1`,
]);

/** Long compared with any delay of a working machine, short compared with the time limit for a job's next step. */
function silenceOf(machines: Machines): Readonly<Record<string, string>> {
  return machines === 'runner'
    ? { ARTENIC_SILENT_AFTER_MS: '12000', ARTENIC_HELLO_WITHIN_MS: '40000' }
    : { ARTENIC_SILENT_AFTER_MS: '8000', ARTENIC_HELLO_WITHIN_MS: '15000' };
}

export type ControlPlaneOptions = {
  readonly groundwork: Groundwork;
  readonly world: WorldOfBatch;
  readonly sabotage: Sabotage | null;
  readonly pace: Pace;
  readonly storage: StorageWeather;
  readonly onHit: (hit: Hit) => Promise<void>;
};

type Ports = Readonly<Record<'api' | 'postgres' | 'temporal' | 'cloud' | 'health', number>>;

/** A complete platform of real processes with a simulated cloud; each process is restarted when it dies. */
export class ControlPlane {
  readonly home: string;
  readonly pepper = randomBytes(32);
  readonly storage: StorageWeather;
  readonly #options: ControlPlaneOptions;
  readonly #bundle: string;
  readonly #adminKey = makeKey();
  readonly #ports: Ports;
  readonly #keys = { key: randomBytes(24).toString('hex'), controlKey: randomBytes(24).toString('hex') };
  readonly #parts: Readonly<Record<Target, Part>>;
  readonly #cloud: Part;
  #failpoints: Server | null = null;

  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const names = ['api', 'postgres', 'temporal', 'cloud', 'health'] as const;
    const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    const bundle = await options.groundwork.bundle(options.pace);
    const plane = new ControlPlane(options, ports as Ports, bundle);
    await plane.#start();
    return plane;
  }

  private constructor(options: ControlPlaneOptions, ports: Ports, bundle: string) {
    this.#options = options;
    this.storage = options.storage;
    this.#bundle = bundle;
    this.#ports = ports;
    this.home = makeEnteredFolder('plane-', options.groundwork.folder);
    for (const name of ['objects', 'cloud', 'temporal']) mkdirSync(join(this.home, name));
    writeFileSync(join(this.home, 'admin.key'), this.#adminKey);
    writeFileSync(join(this.home, 'world.json'), JSON.stringify({ ...options.world.cloud, ...this.#worldKeys() }));
    copyDatabase(options.groundwork, this.home);
    this.#parts = {
      postgres: new Part('postgres', () => startPostgres(postgresOptions(this.home, ports.postgres)), 'SIGINT'),
      temporal: new Part('temporal', () => this.#spawnTemporal(), 'SIGINT'),
      worker: new Part('worker', () => this.#spawn('worker', at('./worker.ts'), [], this.#environment()), 'SIGTERM'),
      api: new Part('api', () => this.#spawn('api', at('./api.ts'), [], this.#environment()), 'SIGTERM'),
    };
    const cloudArguments = [
      ...['--port', String(ports.cloud), '--home', join(this.home, 'cloud')],
      ...['--world', join(this.home, 'world.json')],
    ];
    this.#cloud = new Part(
      'cloud',
      () => this.#spawn('cloud', at('../../../simulated-cloud/main.ts'), cloudArguments, {}),
      'SIGTERM',
    );
  }

  #worldKeys() {
    const { key, controlKey } = this.#keys;
    return { keys: [{ id: 'default', key }], controlKey };
  }

  #environment(): Readonly<Record<string, string>> {
    const { world, sabotage, pace } = this.#options;
    const isFast = pace !== 'plain';
    return {
      DATABASE_URL: this.databaseUrl(),
      TEMPORAL_ADDRESS: this.temporalAddress(),
      ARTENIC_HOME: this.home,
      ARTENIC_API_PORT: String(this.#ports.api),
      ARTENIC_API_URL: this.apiUrl(),
      ARTENIC_WORKER_HEALTH_PORT: String(this.#ports.health),
      ARTENIC_KEY_PEPPER: this.pepper.toString('base64'),
      ARTENIC_ADMIN_KEY_FILE: join(this.home, 'admin.key'),
      ARTENIC_SIMULATED_CLOUD_URL: this.#cloudUrl(),
      ARTENIC_SIMULATED_CLOUD_KEY: this.#keys.key,
      ARTENIC_WORKFLOW_BUNDLE: this.#bundle,
      ARTENIC_RELAY_MS: String(world.relayMs),
      ARTENIC_RECONCILE_MS: '2000',
      ARTENIC_CATALOG_MS: '5000',
      ARTENIC_RECONCILE_GRACE_MS: isFast ? '12000' : '240000',
      ...(isFast ? silenceOf(world.machines) : {}),
      ARTENIC_LOG_LEVEL: 'warn',
      CHAOS_SOCKET: join(this.home, 'failpoints'),
      ...(isFast ? { CHAOS_STICKY_MS: '1000' } : {}),
      ...(sabotage === null ? {} : { CHAOS_SABOTAGE: sabotage }),
      ...(world.capacityVcpu === null ? {} : { CHAOS_CAPACITY_VCPU: String(world.capacityVcpu) }),
    };
  }

  #spawn(name: string, program: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    const log = openSync(join(this.home, `${name}.log`), 'a', 0o600);
    try {
      return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
        detached: true,
        stdio: ['ignore', log, log],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          NODE_COMPILE_CACHE: join(this.#options.groundwork.folder, 'compiled'),
          ...environment,
        },
      });
    } finally {
      closeSync(log);
    }
  }

  #spawnTemporal(): ChildProcess {
    const { groundwork, pace } = this.#options;
    return startTemporalServer({
      ...{ program: groundwork.temporal, port: this.#ports.temporal, http: null },
      databaseFile: join(this.home, 'temporal', 'temporal.sqlite'),
      logFile: join(this.home, 'temporal.log'),
      extraFlags: [...timerShift, ...fewPartitions, ...(pace === 'plain' ? [] : shortTasks)],
    });
  }

  async #start(): Promise<void> {
    this.#failpoints = await serveFailpoints(join(this.home, 'failpoints'), async (hit) => {
      await this.#options.onHit(hit);
      return this.storage.meet(hit);
    });
    this.#cloud.up();
    this.up();
    await this.ready().catch((error: unknown) => {
      const ends = ['postgres', 'temporal', 'worker', 'api'].map((name) => `${name}: ${this.log(name, 5)}`);
      throw new Error(`${messageOf(error)}\n${ends.join('\n')}`, { cause: error });
    });
    await poll('the cloud', 20_000, () => answers(`${this.#cloudUrl()}/livez`));
  }

  up(): void {
    for (const part of Object.values(this.#parts)) part.up();
  }

  /** Resolves when API and worker report ready. */
  async ready(): Promise<void> {
    await poll('the API', 60_000, () => answers(`${this.apiUrl()}/readyz`));
    await poll('the worker', 60_000, () => answers(`http://127.0.0.1:${this.#ports.health}/readyz`));
  }

  kill(target: Target): boolean {
    return this.#parts[target].kill();
  }

  /** Stops everything except the cloud. */
  async down(signal: 'SIGKILL' | 'stop'): Promise<void> {
    await Promise.all(['worker', 'api'].map((name) => this.#parts[name as Target].down(signal)));
    await Promise.all(['postgres', 'temporal'].map((name) => this.#parts[name as Target].down(signal)));
  }

  starts(): Readonly<Record<Target, number>> {
    const { worker, api, postgres, temporal } = this.#parts;
    return { worker: worker.starts, api: api.starts, postgres: postgres.starts, temporal: temporal.starts };
  }

  apiUrl(): string {
    return `http://127.0.0.1:${this.#ports.api}`;
  }
  databaseUrl(): string {
    return databaseUrl(postgresOptions(this.home, this.#ports.postgres), 'artenic');
  }
  temporalAddress(): string {
    return `127.0.0.1:${this.#ports.temporal}`;
  }
  #cloudUrl(): string {
    return `http://127.0.0.1:${this.#ports.cloud}`;
  }

  /** A client's call, repeated under the same idempotency key until it is answered. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const idempotencyKey = randomUUID();
    return poll(`${method} ${path}`, 90_000, async () => {
      const answer = await ask(`${this.apiUrl()}${path}`, method, this.#adminKey, body, {
        'idempotency-key': idempotencyKey,
      });
      // In flight: the first try was interrupted, and its lock has to expire.
      if (answer === null || answer.status >= 500 || answer.type === 'idempotency-in-flight') return null;
      if (answer.status >= 400) throw new Refused(answer.status, `${method} ${path}: ${answer.text}`);
      return JSON.parse(answer.text || '{}') as T;
    });
  }

  /** Status of a single call; null when no answer arrived in time. */
  async tryOnce(method: string, path: string, body: unknown, timeoutMs: number): Promise<number | null> {
    return (await ask(`${this.apiUrl()}${path}`, method, this.#adminKey, body, {}, timeoutMs))?.status ?? null;
  }

  /** A runner's request; null when no answer arrived. */
  async asRunner(path: string, token: string, body: unknown): Promise<number | null> {
    return (await ask(`${this.apiUrl()}/api/v1/runner${path}`, 'POST', token, body))?.status ?? null;
  }

  async cloud<T>(method: string, path: string, body?: unknown): Promise<T> {
    const key = path.startsWith('/v1') ? this.#keys.key : this.#keys.controlKey;
    return poll(`${method} ${path}`, 20_000, async () => {
      const answer = await ask(`${this.#cloudUrl()}${path}`, method, key, body);
      // The cloud's faults hit the harness, too.
      if (answer === null || answer.status === 429 || answer.status >= 500) return null;
      if (answer.status >= 400) throw new Refused(answer.status, `${path}: ${answer.text}`);
      return { body: path.endsWith('/ledger') ? answer.text : (JSON.parse(answer.text || 'null') as unknown) };
    }).then(({ body: read }) => read as T);
  }

  judge(question: object): Promise<Judgement> {
    return this.cloud('POST', '/control/judge', question);
  }

  /** Runs Temporal's CLI; false when the command failed. */
  async temporalCli(...args: readonly string[]): Promise<boolean> {
    const where = ['--address', this.temporalAddress(), '--namespace', 'default'];
    const child = spawn(this.#options.groundwork.temporal, [...args, ...where], { stdio: 'ignore', timeout: 20_000 });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return poll('a query', 30_000, async () => {
      const client = new pg.Client({ connectionString: this.databaseUrl(), connectionTimeoutMillis: 3000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query<Row>(text, [...values])).rows;
      } catch (error) {
        // A wrong statement fails again, but an unavailable server comes back.
        if (error instanceof pg.DatabaseError && !/^(?:57|08)/.test(error.code ?? '')) throw error;
        return null;
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  /** The last lines of a process's log. */
  log(name: string, lines: number): string {
    const file = join(this.home, `${name}.log`);
    if (!existsSync(file)) return '';
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Ends everything; `keep` leaves logs, ledger and objects on disk. */
  async destroy({ keep }: { readonly keep: boolean }): Promise<void> {
    await this.#cloud.down('SIGKILL');
    await this.down('SIGKILL');
    this.#failpoints?.close();
    for (const pid of processesWith(this.home)) process.kill(pid, 'SIGKILL');
    if (!keep) rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
