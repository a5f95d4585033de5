import { spawnSync } from 'node:child_process';
import { ArtenicError } from '../../../core/errors.ts';

/** PostgreSQL refuses to run as root. Then it runs as this system user, which is created when missing. */
const systemUser = 'postgres';

/** The user that runs PostgreSQL's programs; null: the user of this process. */
export type ServerUser = { readonly uid: number; readonly gid: number } | null;

function lookUp(): ServerUser {
  const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, systemUser], { encoding: 'utf8' }));
  const [uid, gid] = ids.map((answer) => (answer.status === 0 ? Number(answer.stdout.trim()) : null));
  return uid === null || uid === undefined || gid === null || gid === undefined ? null : { uid, gid };
}

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return null;
  const present = lookUp();
  if (present !== null) return present;
  spawnSync('groupadd', ['--system', systemUser]);
  spawnSync('useradd', [
    ...['--system', '--no-create-home', '--gid', systemUser],
    ...['--shell', '/usr/sbin/nologin', systemUser],
  ]);
  const made = lookUp();
  if (made === null) {
    throw new ArtenicError(
      'unavailable',
      'PostgreSQL does not run as root and the user `postgres` cannot be made; make it, or set DATABASE_URL.',
    );
  }
  return made;
}
