import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { objectKeys } from '@artenic/core';
import { extract, type ReadEntry } from 'tar';
import type { RunnerStore } from '../storage/object-store.ts';

/**
 * Unpacks the package into `folder` after checking its hash. `strict` turns every harmful entry into an error: paths
 * and links that leave the folder, absolute paths, devices.
 */
export async function unpackPackage(store: RunnerStore, sha256: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = join(dirname(folder), `.${sha256.slice(0, 16)}.tar.gz`);
  const winding: string[] = [];
  try {
    await store.getFile(objectKeys.package(sha256), archive, sha256);
    await extract({
      file: archive,
      cwd: folder,
      preservePaths: false,
      preserveOwner: false,
      strict: true,
      filter: (_, entry) => {
        const isWinding = 'type' in entry && leadsOver(entry);
        if (isWinding) winding.push(`${entry.path} → ${entry.linkpath}`);
        return !isWinding;
      },
    });
    if (winding.length > 0) throw new Error(`a link of the package leads over another path: ${winding[0]}`);
  } finally {
    await rm(archive, { force: true });
  }
}

/**
 * A link target may only go up and then down. `l/../x` looks as if it stayed inside, but if `l` itself is a link, `..`
 * goes up from the place where `l` leads.
 */
function leadsOver({ type, linkpath = '' }: Pick<ReadEntry, 'type' | 'linkpath'>): boolean {
  if (type !== 'SymbolicLink' && type !== 'Link') return false;
  const segments = linkpath.split('/').filter((segment) => segment !== '' && segment !== '.');
  const firstDown = segments.findIndex((segment) => segment !== '..');
  return firstDown !== -1 && segments.slice(firstDown).includes('..');
}
