import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isArtenicError } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';
import { removeTree } from './files.ts';
import { attemptIdIn, instanceOf, isThere, providerName, readEnded } from './instance.ts';

type OldInstance = { readonly attemptId: string; readonly folder: string };

/** Proved gone before then, with everything of it delivered. What could not be delivered waits for `undeliveredBefore`. */
async function oldInstance(
  folder: string,
  instancesFolder: string,
  { endedBefore, undeliveredBefore }: Pick<OldInstances, 'endedBefore' | 'undeliveredBefore'>,
): Promise<OldInstance | null> {
  try {
    const attemptId = await attemptIdIn(folder);
    if (attemptId === null) return null;
    const instance = instanceOf(instancesFolder, attemptId, providerName);
    const ended = await readEnded(instance);
    if (ended === null) return null;
    const before = (await isThere(instance.files.work)) ? undeliveredBefore : endedBefore;
    return Date.parse(ended.endedAt) < before.getTime() ? { attemptId, folder } : null;
  } catch (error) {
    // Somebody has changed its files: a person looks at it.
    if (isArtenicError(error, 'unknown-state')) return null;
    throw error;
  }
}

export type OldInstances = {
  readonly home: string;
  readonly endedBefore: Date;
  readonly undeliveredBefore: Date;
  /** Those of the attempts that are not settled yet: their instances may still be asked for. */
  readonly unsettled: (attemptIds: readonly string[]) => Promise<ReadonlySet<string>>;
};

/**
 * Removes the folders of instances of this machine that ended long ago, so that listing what runs reads no more than what
 * ran lately. Returns how many.
 */
export async function removeOldInstances(options: OldInstances): Promise<number> {
  const instancesFolder = join(options.home, 'instances');
  const names = await readdir(instancesFolder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const old: OldInstance[] = [];
  for (const name of names) {
    const found = await oldInstance(join(instancesFolder, name), instancesFolder, options);
    if (found !== null) old.push(found);
  }
  const unsettled = await options.unsettled(old.map(({ attemptId }) => attemptId));
  const removable = old.filter(({ attemptId }) => !unsettled.has(attemptId));
  for (const { folder } of removable) await removeTree(folder);
  return removable.length;
}
