import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { boundLog } from './bounded-log.ts';
import type { Home } from './home.ts';
import { awaitPostgres, databaseUrl, ownDatabase, startPostgres, type PostgresOptions } from './postgres.ts';
import type { Component } from './supervisor.ts';
import { checkOwnTemporal, startTemporalServer, type TemporalHttp } from './temporal-server.ts';

const readyTimeoutMs = 60_000;
const logCheckMs = 60_000;

async function poll(what: string, alive: () => boolean, logFile: string, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  let last = 'no answer';
  for (;;) {
    try {
      if (await probe()) return;
    } catch (error) {
      last = messageOf(error);
    }
    if (!alive() || Date.now() > deadline)
      throw new ArtenicError('unavailable', `${what} did not become ready (${last}); see ${logFile}`);
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
    // SIGINT is PostgreSQL's fast shutdown: sessions end, data is safe.
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
      poll('Temporal', alive, logFile, async () => {
        await checkOwnTemporal(port, http);
        return true;
      }),
    stopSignal: 'SIGINT',
    patienceMs: 10_000,
  };
}

/** One of our own programs, ready when its `/readyz` says so. */
export function processComponent(options: {
  readonly name: 'worker' | 'api';
  readonly home: Home;
  readonly readyUrl: string;
  readonly environment: Readonly<Record<string, string>>;
}): Component {
  const entry = fileURLToPath(new URL(`../${options.name}.ts`, import.meta.url));
  const logFile = options.home.file('logs', `${options.name}.log`);
  return {
    name: options.name,
    spawn: () => spawnLogged(entry, logFile, options.environment),
    ready: (alive) =>
      poll(
        `the ${options.name}`,
        alive,
        logFile,
        async () => (await fetch(options.readyUrl, { signal: AbortSignal.timeout(2000) })).ok,
      ),
    stopSignal: 'SIGTERM',
    patienceMs: 15_000,
  };
}

function spawnLogged(entry: string, logFile: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    // A session of its own: Ctrl-C reaches the supervisor only, which ends its children in order.
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
