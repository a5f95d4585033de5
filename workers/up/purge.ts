import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { removeTree } from '../../activities/providers/local/files.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { Home } from './home.ts';
import { readPointer } from './postgres/place.ts';
import { claimantOf, claimedBy, removeData, removeUnusedPrograms, sharedFolder } from './shared-folder.ts';

/** All names that a stack writes into its state folder; nothing else is removed from there. */
const stateNames = [
  ...['admin.key', 'pepper', 'postgres.password', 'demo.json', 'endpoints.json', 'ports.json', 'machine'],
  ...[
    'cache',
    'instances',
    'logs',
    'objects',
    'postgres',
    'postgres.new',
    'postgres.new.password',
    'temporal',
    'tmp',
    'processes.json',
  ],
  // The pointer and the record of the removing process go last, so that an interrupted removal can be repeated.
  ...['postgres.json', 'supervisor.json'],
];

/**
 * Removes the state of a stack that is not running. Returns the removed folders, and the names in the state folder that
 * a stack does not make.
 */
export async function purge(
  home: Home,
): Promise<{ readonly removed: readonly string[]; readonly left: readonly string[] }> {
  const pointer = readPointer(home);
  const stateFolder = realpathSync(home.folder);
  const isRoot = process.getuid?.() === 0;
  if (pointer !== null && !isRoot)
    throw new ArtenicError('unavailable', `its database in ${pointer.data} was made by root; remove it as root.`);
  const own = pointer !== null && claimantOf(pointer.data) === stateFolder ? [pointer.data] : [];
  const data = isRoot ? [...new Set([...own, ...claimedBy(stateFolder)])] : [];
  for (const folder of data) removeData(folder);
  if (isRoot) removeUnusedPrograms();
  const half = readdirSync(home.folder).filter((name) => /\.\d+\.tmp$/.test(name));
  const isOurs = (name: string) => stateNames.includes(name.replace(/\.\d+\.tmp$/, ''));
  for (const name of [...half.filter(isOurs), ...stateNames]) await removeTree(home.file(name));
  const left = readdirSync(home.folder);
  if (left.length === 0 && home.folder !== sharedFolder) rmSync(home.folder, { recursive: true });
  return { removed: [...data, ...(existsSync(home.folder) ? [] : [home.folder])], left };
}
