import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../core/errors.ts';

/**
 * Files that root's PostgreSQL needs, in a place that the server's user can reach: only root may be able to enter the
 * folders of the state and the clone. Holds the programs of each version, and for each state folder its data and a
 * claim.
 */
export const sharedFolder = '/var/lib/artenic';

export function openSharedFolder(): void {
  try {
    mkdirSync(sharedFolder, { recursive: true });
    chmodSync(sharedFolder, 0o755);
  } catch (cause) {
    throw new ArtenicError(
      'unavailable',
      `As root, PostgreSQL's data goes to ${sharedFolder}, which cannot be used (${messageOf(cause)}); start as another user, or set DATABASE_URL.`,
      { cause },
    );
  }
}

const claimSchema = z.object({ stateFolder: z.string() });
const claimEnding = '.claim.json';
const claimFile = (data: string) => `${data}${claimEnding}`;

/** The state folder that a data folder belongs to. */
export function claimantOf(data: string): string | null {
  const file = claimFile(data);
  return existsSync(file) ? claimSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).stateFolder : null;
}

export function claim(data: string, stateFolder: string): void {
  writeWhole(claimFile(data), JSON.stringify({ stateFolder }));
}

/** Data folders with a claim of a state folder at this path, also of one that was removed since. */
export function claimedBy(stateFolder: string): readonly string[] {
  if (!existsSync(sharedFolder)) return [];
  return readdirSync(sharedFolder)
    .filter((name) => name.endsWith(claimEnding))
    .map((name) => join(sharedFolder, name.slice(0, -claimEnding.length)))
    .filter((data) => claimantOf(data) === stateFolder);
}

/**
 * Removes a data folder and the remains of its creation. The claim goes last, so that an interrupted removal is found
 * again.
 */
export function removeData(data: string): void {
  for (const folder of [data, `${data}.new`, `${data}.new.password`]) rmSync(folder, { recursive: true, force: true });
  rmSync(claimFile(data), { force: true });
}

function isInUse(folder: string): boolean {
  if (!existsSync('/proc/self/exe')) return true;
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/exe`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });
}

/** Removes the programs when no state folder needs them, and then the folder itself if it is empty. */
export function removeUnusedPrograms(): void {
  if (!existsSync(sharedFolder)) return;
  const names = readdirSync(sharedFolder);
  if (names.some((name) => name.endsWith(claimEnding))) return;
  for (const name of names) {
    const folder = join(sharedFolder, name);
    if (name.startsWith('pg-') && !isInUse(folder)) rmSync(folder, { recursive: true, force: true });
  }
  if (readdirSync(sharedFolder).length === 0) rmdirSync(sharedFolder);
}
