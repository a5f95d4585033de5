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
import { ArtenicError, messageOf } from '../../../core/errors.ts';
import { findPostgresBinaries } from './binaries.ts';
import { becomePlainRole, plainRole } from './plain-role.ts';
import { serverUser, type ServerUser } from './user.ts';

export type PostgresOptions = {
  /** Data folder; created when missing. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  readonly password: string;
  /** For tests: the login may create more databases. */
  readonly mayCreateDatabases?: boolean;
  /** Settings as `name=value`. */
  readonly settings?: readonly string[];
};

/** The database of the platform. */
export const ownDatabase = 'artenic';

/** A folder that every user may enter: PostgreSQL's user may not enter the folder of the starting process. */
const workingFolder = '/';

/** Creates the data folder, completely or not at all: after an interruption it is created again. */
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
      `--username=${plainRole}`,
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
  return `postgresql://${plainRole}:${options.password}@127.0.0.1:${options.port}/${database}`;
}

/** Starts the server in its own process group; creates its data folder at the first start. */
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

/** Opens a connection for one task and closes it afterwards. */
async function connected<T>(
  options: PostgresOptions,
  database: string,
  task: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl(options, database), connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await task(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SQLSTATE of a database that does not exist. */
const noSuchDatabase = '3D000';
/** Class of SQLSTATEs of a refused login, which waiting does not change. */
const authorizationClass = '28';

/** Ensures that the database exists and that the login is a plain role. */
async function prepareDatabase(options: PostgresOptions): Promise<void> {
  const { password, mayCreateDatabases = false } = options;
  const becomePlain = (client: pg.Client) => becomePlainRole(client, { password, mayCreateDatabases });
  try {
    await connected(options, ownDatabase, becomePlain);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== noSuchDatabase) throw error;
    await connected(options, 'postgres', (client) => client.query(`create database ${ownDatabase}`));
    await connected(options, ownDatabase, becomePlain);
  }
}

/** Waits until the server accepts connections, and prepares its database. */
export async function awaitPostgres(options: PostgresOptions, timeoutMs: number, alive: () => boolean): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await prepareDatabase(options);
      return;
    } catch (error) {
      const isRefused = error instanceof pg.DatabaseError && error.code?.startsWith(authorizationClass) === true;
      if (isRefused || !alive() || Date.now() > deadline) {
        const log = existsSync(options.logFile) ? readFileSync(options.logFile, 'utf8').trim().split('\n').at(-1) : '';
        throw new ArtenicError(
          'unavailable',
          `PostgreSQL did not start: ${messageOf(error)}. The end of its log: ${log ?? ''}`,
          { cause: error },
        );
      }
    }
    await new Promise((done) => setTimeout(done, 40));
  }
}
