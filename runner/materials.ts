import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { objectKeys, type JobSpec } from '@artenic/core';
import { extract } from 'tar';
import type { Folders } from './folders.ts';
import type { RunnerStore } from './object-store.ts';

/**
 * Unpacks the code into `folder`, its hash checked before. `strict` makes an error of everything that is not harmless:
 * paths and links that leave the folder, absolute paths, devices.
 */
export async function unpackPackage(store: RunnerStore, sha256: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = join(dirname(folder), `.${sha256.slice(0, 16)}.tar.gz`);
  try {
    await store.getFile(objectKeys.package(sha256), archive, sha256);
    await extract({
      file: archive,
      cwd: folder,
      preservePaths: false,
      preserveOwner: false,
      strict: true,
    });
  } finally {
    await rm(archive, { force: true });
  }
}

/** Fetches the job's data, verified and read-only, and writes its configuration. */
export async function fetchMaterials(store: RunnerStore, job: JobSpec, folders: Folders): Promise<void> {
  await writeFile(folders.config, `${JSON.stringify(job.config, null, 2)}\n`);
  for (const item of job.data) {
    const path = join(folders.data, item.name);
    await store.getFile(objectKeys.data(item.sha256), path, item.sha256);
    await chmod(path, 0o400);
  }
}
