import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { boundLog } from './bounded-log.ts';
import type { Home } from './home.ts';
import { canListen } from './ports.ts';
import { awaitPostgres, databaseUrl, ownDatabase, startPostgres, type PostgresOptions } from './postgres/postgres.ts';
import type { Component } from './supervisor.ts';
import { checkOwnTemporal, startTemporalServer, type TemporalHttp } from './temporal-server.ts';

const readyTimeoutMs = 60_000;
const logCheckMs = 60_000;

type Waiting = {
  readonly what: string;
  readonly logFile: string;
  /** The ports that the child binds. */
  readonly ports: readonly number[];
  readonly alive: () => boolean;
  readonly probe: () => Promise<boolean>;
};

/**
 * Waits until the probe returns true. Throws when the child has ended or takes too long, and names its ports that other
 * programs use.
 */
async function poll({ what, logFile, ports, alive, probe }: Waiting): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  let last = 'no answer';
  for (;;) {
    try {
      if ((await probe()) && alive()) return;
    } catch (error) {
      last = messageOf(error);
    }
    if (!alive() || Date.now() > deadline) {
      const free = await Promise.all(ports.map(canListen));
      const taken = alive() ? [] : ports.filter((_, index) => free[index] === false);
      const why = taken.length === 0 ? last : `another program has port ${taken.join(' and ')}`;
      throw new ArtenicError('unavailable', `${what} did not become ready (${why}); see ${logFile}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

export function postgresComponent(
  home: Home,
  place: { readonly folder: string; readonly onReady: () => void },
  port: number,
  password: string,
): Component {
  const options: PostgresOptions = {
    folder: place.folder,
    port,
    logFile: home.file('logs', 'postgres.log'),
    password,
  };
  return {
    name: 'postgres',
    spawn: () => startPostgres(options),
    ready: async (alive) => {
      await awaitPostgres(options, readyTimeoutMs, alive);
      place.onReady();
    },
    // SIGINT is PostgreSQL's fast shutdown: it ends sessions and keeps all data.
    stopSignal: 'SIGINT',
    patienceMs: 15_000,
  };
}

export function embeddedDatabaseUrl(port: number, password: string): string {
  return databaseUrl({ port, password }, ownDatabase);
}

export function temporalComponent(home: Home, port: number, http: TemporalHttp, program: string): Component {
  const logFile = home.file('logs', 'temporal.log');
  return {
    name: 'temporal',
    spawn: () =>
      startTemporalServer({
        program,
        port,
        http,
        databaseFile: home.file('temporal', 'temporal.sqlite'),
        logFile,
      }),
    ready: (alive) =>
      poll({
        ...{ what: 'Temporal', logFile, ports: [port], alive },
        probe: async () => {
          await checkOwnTemporal(port, http);
          return true;
        },
      }),
    stopSignal: 'SIGINT',
    patienceMs: 10_000,
  };
}

type OwnProgram = {
  readonly home: Home;
  readonly ports: readonly number[];
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * A program of this platform. `isReady` must identify the child, because another stack's program may use the same port.
 */
function processComponent(
  name: 'worker' | 'api',
  { home, ports, environment }: OwnProgram,
  isReady: (pid: number) => Promise<boolean>,
): Component {
  const entry = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const logFile = home.file('logs', `${name}.log`);
  let pid = 0;
  return {
    name,
    spawn: () => {
      const child = spawnLogged(entry, logFile, environment);
      pid = child.pid ?? 0;
      return child;
    },
    ready: (alive) => poll({ what: `the ${name}`, logFile, ports, alive, probe: () => isReady(pid) }),
    stopSignal: 'SIGTERM',
    patienceMs: 15_000,
  };
}

const askPatiently = () => AbortSignal.timeout(2000);
const workerHealthSchema = z.object({ pid: z.number() });

/** Ready when the health endpoint says so with the pid of this child. */
export function workerComponent(options: OwnProgram & { readonly healthPort: number }): Component {
  return processComponent('worker', options, async (pid) => {
    const response = await fetch(`http://127.0.0.1:${options.healthPort}/readyz`, { signal: askPatiently() });
    return response.ok && workerHealthSchema.parse(await response.json()).pid === pid;
  });
}

/** Ready when the API says so and accepts the admin's key, which no other stack's API does. */
export function apiComponent(options: OwnProgram & { readonly url: string; readonly adminKey: string }): Component {
  return processComponent('api', options, async () => {
    const { ok } = await fetch(`${options.url}/readyz`, { signal: askPatiently() });
    if (!ok) return false;
    const headers = { authorization: `Bearer ${options.adminKey}` };
    return (await fetch(`${options.url}/api/v1/session`, { headers, signal: askPatiently() })).ok;
  });
}

function spawnLogged(entry: string, logFile: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    // The child gets its own session: Ctrl-C reaches only the supervisor, which ends its children in order.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? `${logFile}.cache`,
        ...environment,
      },
    });
    const bounding = setInterval(() => boundLog(logFile), logCheckMs).unref();
    child.once('exit', () => clearInterval(bounding));
    return child;
  } finally {
    closeSync(log);
  }
}
