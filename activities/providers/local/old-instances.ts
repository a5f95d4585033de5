import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isArtenicError } from '../../../core/errors.ts';
import { errorCode } from '../../error-code.ts';
import { removeTree } from './files.ts';
import { attemptIdIn, instanceOf, isThere, providerName, readEnded } from './instance.ts';

type OldInstance = { readonly attemptId: string; readonly folder: string };

/** Null unless the instance was proved gone before `endedBefore`, or `undeliveredBefore` if not all was delivered. */
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
    // the instance's files were changed by hand, so the folder stays for an operator
    if (isArtenicError(error, 'unknown-state')) return null;
    throw error;
  }
}

export type OldInstances = {
  readonly home: string;
  readonly endedBefore: Date;
  readonly undeliveredBefore: Date;
  /** Returns the attempts that are not settled yet; their instances may still be described. */
  readonly unsettled: (attemptIds: readonly string[]) => Promise<ReadonlySet<string>>;
};

/**
 * Removes the folders of this machine's instances that ended long ago, so that `list` reads only recent folders.
 * Returns the number of removed folders.
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
