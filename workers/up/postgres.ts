import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';

export type PostgresOptions = {
  /** Data folder; made when it is not there. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  readonly password: string;
  /** Settings as `name=value`. */
  readonly settings?: readonly string[];
};

/** PostgreSQL refuses to run as root; then it runs as this user, which is made when missing. */
const systemUser = 'postgres';

type Identity = { readonly uid: number; readonly gid: number } | null;

function lookUpUser(): Identity {
  const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, systemUser], { encoding: 'utf8' }));
  const [uid, gid] = ids.map((answer) => (answer.status === 0 ? Number(answer.stdout.trim()) : null));
  return uid === null || uid === undefined || gid === null || gid === undefined ? null : { uid, gid };
}

function identityForServer(): Identity {
  if (process.getuid?.() !== 0) return null;
  const present = lookUpUser();
  if (present !== null) return present;
  spawnSync('groupadd', ['--system', systemUser]);
  spawnSync('useradd', [
    '--system',
    '--no-create-home',
    '--gid',
    systemUser,
    '--shell',
    '/usr/sbin/nologin',
    systemUser,
  ]);
  const made = lookUpUser();
  if (made === null) {
    throw new ArtenicError(
      'unavailable',
      'PostgreSQL does not run as root and the user `postgres` cannot be made; make it, or set DATABASE_URL.',
    );
  }
  return made;
}

/** Whether everybody may walk through every folder above `path`. */
function reachableByOthers(path: string): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * How to run one of PostgreSQL's programs. As root in a folder that only root may enter, the server's user keeps the
 * one capability of walking through folders; without `setpriv` that is a clear error.
 */
function command(
  program: string,
  identity: Identity,
  folder: string,
): readonly [string, readonly string[], { uid?: number; gid?: number }] {
  if (identity === null) return [program, [], {}];
  if (reachableByOthers(program) && reachableByOthers(join(folder, 'x'))) return [program, [], identity];
  if (spawnSync('setpriv', ['--version']).status !== 0) {
    throw new ArtenicError(
      'unavailable',
      `PostgreSQL runs as the user \`${systemUser}\`, which may not enter ${folder} or ${program}; use a folder that others may enter, or set DATABASE_URL.`,
    );
  }
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return ['setpriv', [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups', ...keep, program], {}];
}

function initialise(options: PostgresOptions, initdb: string, identity: Identity): void {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  if (identity !== null) chownSync(options.folder, identity.uid, identity.gid);
  const passwordFile = join(tmpdir(), `artenic-${randomBytes(8).toString('hex')}`);
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (identity !== null) chownSync(passwordFile, identity.uid, identity.gid);
  try {
    const [program, before, ids] = command(initdb, identity, options.folder);
    const flags = [
      `--pgdata=${options.folder}`,
      '--auth=scram-sha-256',
      '--username=artenic',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    const answer = spawnSync(program, [...before, ...flags], {
      ...ids,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (answer.status !== 0) {
      rmSync(options.folder, { recursive: true, force: true });
      throw new ArtenicError(
        'unavailable',
        `PostgreSQL cannot make its data folder: ${(answer.stderr ?? messageOf(answer.error)).trim().split('\n').slice(-2).join(' ')}`,
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

export function databaseUrl(options: Pick<PostgresOptions, 'port' | 'password'>, database: string): string {
  return `postgresql://artenic:${options.password}@127.0.0.1:${options.port}/${database}`;
}

/** Starts the server (its data folder is made at first) in a process group of its own. */
export function startPostgres(options: PostgresOptions): ChildProcess {
  const binaries = findPostgresBinaries();
  const identity = identityForServer();
  if (!existsSync(join(options.folder, 'PG_VERSION'))) initialise(options, binaries.initdb, identity);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...(options.settings ?? []),
  ];
  const [program, before, ids] = command(binaries.postgres, identity, options.folder);
  const log = openSync(options.logFile, 'a', 0o600);
  chmodSync(options.logFile, 0o600);
  try {
    return spawn(
      program,
      [...before, '-D', options.folder, '-p', String(options.port), ...settings.flatMap((setting) => ['-c', setting])],
      {
        ...ids,
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
