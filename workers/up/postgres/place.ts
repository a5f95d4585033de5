import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import { homeAt, type Home } from '../home.ts';
import type { ServerUser } from './user.ts';
import { claim, claimantOf, claimedBy, openSharedFolder, sharedFolder } from '../shared-folder.ts';

/** Pointer to the data folder, kept in the state folder. `hasData` is false until the data folder is complete. */
const pointerSchema = z.object({
  id: z.string(),
  // Root removes this folder and changes its owner, so only a folder in the shared folder is accepted.
  data: z
    .string()
    .refine(
      (path) => dirname(path) === sharedFolder && /^[0-9a-f]{16}$/.test(basename(path)),
      `a folder in ${sharedFolder}`,
    ),
  hasData: z.boolean(),
});
type Pointer = z.output<typeof pointerSchema>;

const pointerFile = (home: Home) => home.file('postgres.json');
const refuse = (sentence: string): never => {
  throw new ArtenicError('unavailable', sentence);
};

export function readPointer(home: Home): Pointer | null {
  const file = pointerFile(home);
  return existsSync(file) ? pointerSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

function writePointer(home: Home, pointer: Pointer): void {
  writeWhole(pointerFile(home), JSON.stringify(pointer, null, 2));
}

const isDataFolder = (folder: string) => existsSync(join(folder, 'PG_VERSION'));

/** The data folder that this state folder used last, for stopping its server or removing it. */
export function knownDataFolder(home: Home): string {
  return readPointer(home)?.data ?? home.file('postgres');
}

/** Hash of path and a random id: a state folder that is created again at the same path gets another data folder. */
function hashOf(stateFolder: string, id: string): string {
  return createHash('sha256').update(`${stateFolder}\n${id}`).digest('hex').slice(0, 16);
}

/** Sets the owner and modes that PostgreSQL requires, because copying keeps neither. */
function give(folder: string, user: NonNullable<ServerUser>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      give(path, user);
      continue;
    }
    lchownSync(path, user.uid, user.gid);
    if (entry.isFile()) chmodSync(path, 0o600);
  }
  // The folder itself comes last: until then only root can change its content.
  chmodSync(folder, 0o700);
  lchownSync(folder, user.uid, user.gid);
}

/**
 * Moves the data of an earlier version out of the state folder, completely or not at all; an interrupted move starts
 * again.
 */
function move(from: string, to: string, user: NonNullable<ServerUser>): void {
  if (!isDataFolder(to)) {
    const moving = `${to}.new`;
    rmSync(moving, { recursive: true, force: true });
    // A copy, because the other folder may be on another disk.
    cpSync(from, moving, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    give(moving, user);
    renameSync(moving, to);
  }
  rmSync(from, { recursive: true, force: true });
}

/**
 * The pointer of a state folder that root uses. Refuses a copy of a state folder, because the data belongs to the
 * original.
 */
function pointerOf(home: Home, say: (line: string) => void): Pointer {
  const stateFolder = realpathSync(home.folder);
  const known = readPointer(home);
  if (known === null) {
    const id = randomBytes(8).toString('hex');
    const pointer = { id, data: join(sharedFolder, hashOf(stateFolder, id)), hasData: false };
    const earlier = claimedBy(stateFolder);
    if (earlier.length > 0)
      say(
        `data of state folders that were at this place before is kept: ${earlier.join(', ')}; \`npx artenic down --purge\` also removes it`,
      );
    claim(pointer.data, stateFolder);
    writePointer(home, pointer);
    return pointer;
  }
  const claimant = claimantOf(known.data);
  if (claimant !== null && claimant !== stateFolder) {
    if (readPointer(homeAt(claimant))?.data === known.data)
      refuse(
        `${stateFolder} is a copy of ${claimant}, whose database in ${known.data} cannot be shared. Remove the copied ${stateFolder}, or set ARTENIC_HOME to another folder.`,
      );
  }
  claim(known.data, stateFolder);
  return known;
}

/**
 * Where PostgreSQL's data is. The state folder holds it, except for root: root's PostgreSQL runs as a user that may not
 * enter a state folder of mode 0700, so its data is below `/var/lib/artenic`, and the state folder keeps a pointer.
 */
export function placePostgres(
  home: Home,
  user: ServerUser,
  say: (line: string) => void,
): { readonly folder: string; readonly onReady: () => void } {
  const inside = home.file('postgres');
  if (user === null) {
    const pointer = readPointer(home);
    if (pointer !== null)
      refuse(`the database of ${home.folder} is in ${pointer.data} and belongs to root's PostgreSQL; start as root.`);
    return { folder: inside, onReady: () => undefined };
  }
  openSharedFolder();
  const pointer = pointerOf(home, say);
  const { data } = pointer;
  if (!pointer.hasData && isDataFolder(inside)) {
    move(inside, data, user);
    say(`the data of PostgreSQL was moved from ${inside} to ${data}`);
  }
  if (pointer.hasData && !isDataFolder(data))
    refuse(
      `the database of ${home.folder} was in ${data} and no longer exists. Restore it, or start afresh after \`npx artenic down --purge\`, which removes all of ${home.folder}.`,
    );
  return { folder: data, onReady: () => writePointer(home, { ...pointer, hasData: true }) };
}
