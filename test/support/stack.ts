import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeAt } from '../../workers/up/home.ts';
import { freePort } from '../../workers/up/ports.ts';
import { knownDataFolder } from '../../workers/up/postgres/place.ts';
import { purge } from '../../workers/up/purge.ts';
import { compileCache } from './compile-cache.ts';
import { poll } from './poll.ts';
import { processesWith } from './processes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Endpoints = {
  readonly api: string;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly processes: Readonly<Record<string, number>>;
};

/** A complete platform for the calling test, started like `npm start`. */
export type Stack = {
  readonly home: string;
  readonly endpoints: () => Endpoints;
  /** An authenticated call; throws for an answer of 400 or more. Connection failures are retried for 30 s. */
  readonly request: <T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<T>;
  readonly adminKey: () => string;
  /** The supervisor's output since its last start. */
  readonly output: () => string;
  /** kill -9 of a part; the supervisor restarts it. */
  readonly kill: (name: 'api' | 'worker' | 'postgres' | 'temporal') => void;
  readonly killSupervisor: () => Promise<void>;
  readonly start: (args?: readonly string[]) => Promise<number>;
  /** Ctrl-C; returns the pids of this home that are still alive. */
  readonly stop: () => Promise<readonly number[]>;
  /** Ends everything and removes the home. */
  readonly destroy: () => Promise<void>;
};

/** Assigns currently free ports instead of the defaults, so that two stacks started at once do not collide. */
async function givePorts(home: string): Promise<void> {
  const names = ['api', 'temporal', 'temporalUi', 'postgres', 'workerHealth'];
  const ports = await Promise.all(names.map(async (name) => [name, await freePort()] as const));
  writeFileSync(join(home, 'ports.json'), JSON.stringify(Object.fromEntries(ports)));
}

/** Files that the run built and compiled once; building them is more than half of a start's work. */
function prebuilt(): Readonly<Record<string, string>> {
  const bundle = process.env['ARTENIC_TEST_WORKFLOW_BUNDLE'];
  return { NODE_COMPILE_CACHE: compileCache(), ...(bundle === undefined ? {} : { ARTENIC_WORKFLOW_BUNDLE: bundle }) };
}

/** @param options.buildsAtFirst the first start builds the workflows and compiles everything itself, as a user's start does */
type Call = {
  readonly api: () => string;
  readonly adminKey: () => string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};

/** Asks until the API answers something other than "not now", with one idempotency key for all tries. */
async function requestPatiently<T>({ api, adminKey, method, path, body, headers }: Call): Promise<T> {
  const key = randomUUID();
  return poll(`${method} ${path}`, 30_000, async () => {
    let response: Response;
    try {
      response = await fetch(new URL(path, api()), {
        method,
        headers: {
          authorization: `Bearer ${adminKey()}`,
          'content-type': 'application/json',
          'idempotency-key': key,
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
    } catch {
      return null;
    }
    if (response.status === 503 || response.status === 502) return null;
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  });
}

export function createStack(
  environment: Readonly<Record<string, string>> = {},
  { buildsAtFirst = false }: { readonly buildsAtFirst?: boolean } = {},
): Stack {
  let starts = 0;
  const home = mkdtempSync(join(tmpdir(), 'artenic-stack-'));
  let supervisor: ChildProcess | null = null;
  let printed = '';

  const endpoints = () => JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')) as Endpoints;
  const adminKey = () => readFileSync(join(home, 'admin.key'), 'utf8').trim();
  // PostgreSQL's data folder may be outside of the home.
  const left = () => [...new Set([...processesWith(home), ...processesWith(knownDataFolder(homeAt(home)))])];

  async function start(args: readonly string[] = ['--no-demo']): Promise<number> {
    const startedMs = Date.now();
    printed = '';
    rmSync(join(home, 'endpoints.json'), { force: true });
    if (!existsSync(join(home, 'ports.json'))) await givePorts(home);
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(root, 'workers/up.ts'), ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          ...(buildsAtFirst && starts++ === 0 ? {} : prebuilt()),
          ...{ DATABASE_URL: '', TEMPORAL_ADDRESS: '', ...environment, ARTENIC_HOME: home },
        },
      },
    );
    supervisor = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await poll('the stack to be ready', 90_000, () => {
      if (child.exitCode !== null) throw new Error(`the supervisor ended with ${child.exitCode}:\n${printed}`);
      return existsSync(join(home, 'endpoints.json')) ? true : null;
    });
    return Date.now() - startedMs;
  }

  const request = <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> => requestPatiently<T>({ api: () => endpoints().api, adminKey, method, path, body, headers });

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (supervisor === null || supervisor.exitCode !== null || supervisor.signalCode !== null) return;
    const exited = once(supervisor, 'exit');
    supervisor.kill(signal);
    await exited;
  }

  return {
    home,
    endpoints,
    adminKey,
    request,
    output: () => printed,
    kill: (name) => {
      const pid = endpoints().processes[name];
      if (pid === undefined) throw new Error(`${name} has no process`);
      process.kill(pid, 'SIGKILL');
    },
    killSupervisor: () => end('SIGKILL'),
    start,
    stop: async () => {
      await end('SIGINT');
      return left();
    },
    destroy: async () => {
      await end('SIGINT');
      for (const pid of left()) process.kill(pid, 'SIGKILL');
      await purge(homeAt(home));
      rmSync(home, { recursive: true, force: true });
    },
  };
}
