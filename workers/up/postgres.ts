import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { serverUser, type ServerUser } from './postgres-user.ts';

export type PostgresOptions = {
  /** Data folder; made when it is not there. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  readonly password: string;
  /** Settings as `name=value`. */
  readonly settings?: readonly string[];
};

/** A folder that every user may be in: PostgreSQL's user may not enter the one of the process that starts it. */
const workingFolder = '/';

/** Makes the data folder, whole or not at all: an interrupted one is made again. */
function initialise(options: PostgresOptions, initdb: string, user: ServerUser): void {
  const making = `${options.folder}.new`;
  const passwordFile = `${options.folder}.new.password`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user !== null) for (const path of [making, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    const flags = [
      `--pgdata=${making}`,
      '--auth=scram-sha-256',
      '--username=artenic',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    const answer = spawnSync(initdb, flags, {
      ...user,
      cwd: workingFolder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    });
    if (answer.status !== 0) {
      rmSync(making, { recursive: true, force: true });
      throw new ArtenicError(
        'unavailable',
        `PostgreSQL cannot make its data folder: ${(answer.stderr ?? messageOf(answer.error)).trim().split('\n').slice(-2).join(' ')}`,
      );
    }
    renameSync(making, options.folder);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

export function databaseUrl(options: Pick<PostgresOptions, 'port' | 'password'>, database: string): string {
  return `postgresql://artenic:${options.password}@127.0.0.1:${options.port}/${database}`;
}

/** Starts the server (its data folder is made at first) in a process group of its own. */
export function startPostgres(options: PostgresOptions): ChildProcess {
  const user = serverUser();
  const binaries = findPostgresBinaries(user);
  if (!existsSync(join(options.folder, 'PG_VERSION'))) initialise(options, binaries.initdb, user);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...(options.settings ?? []),
  ];
  const log = openSync(options.logFile, 'a', 0o600);
  chmodSync(options.logFile, 0o600);
  try {
    return spawn(
      binaries.postgres,
      ['-D', options.folder, '-p', String(options.port), ...settings.flatMap((setting) => ['-c', setting])],
      {
        ...user,
        cwd: workingFolder,
        detached: true,
        stdio: ['ignore', log, log],
        env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      },
    );
  } finally {
    closeSync(log);
  }
}

/** Waits until the server takes connections, and makes `database` when it is not there. */
export async function awaitPostgres(
  options: PostgresOptions,
  database: string,
  timeoutMs: number,
  alive: () => boolean,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const client = new pg.Client({ connectionString: databaseUrl(options, 'postgres'), connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const found = await client.query('select 1 from pg_database where datname = $1', [database]);
      if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
      return;
    } catch (error) {
      if (!alive() || Date.now() > deadline) {
        const log = existsSync(options.logFile) ? readFileSync(options.logFile, 'utf8').trim().split('\n').at(-1) : '';
        throw new ArtenicError(
          'unavailable',
          `PostgreSQL did not start: ${messageOf(error)}. Its last words: ${log ?? ''}`,
          { cause: error },
        );
      }
    } finally {
      await client.end().catch(() => undefined);
    }
    await new Promise((done) => setTimeout(done, 40));
  }
}
