import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { CheckpointManifest } from '@artenic/core';
import { messageOf } from '../error-text.ts';
import type { RunnerStore } from '../storage/object-store.ts';
import { isMachineFailure } from '../storage/source-error.ts';

/**
 * Puts the newest checkpoint whose files are all whole into `folder` and returns its name, or null when there is none.
 * Each skipped checkpoint is reported to `say`.
 */
export async function restoreCheckpoint(
  store: RunnerStore,
  manifests: readonly CheckpointManifest[],
  folder: string,
  say: (line: string) => void,
): Promise<string | null> {
  const newestFirst = manifests.toSorted((a, b) => b.attempt - a.attempt || b.sequence - a.sequence);
  for (const manifest of newestFirst) {
    const temporary = join(folder, `.restoring-${randomUUID()}`);
    try {
      if (manifest.directory) await mkdir(temporary);
      for (const file of manifest.files)
        await store.getFile(file.key, manifest.directory ? inside(temporary, file.path) : temporary, file.sha256);
      await rename(temporary, inside(folder, manifest.name));
      return manifest.name;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (isMachineFailure(error)) throw error;
      say(
        `checkpoint ${manifest.name} of attempt ${manifest.attempt} is not whole (${messageOf(error)}); trying the one before`,
      );
    }
  }
  return null;
}

/** Path below the folder. The contract's schema already rejects any other path; this check does not rely on it. */
function inside(folder: string, path: string): string {
  const target = join(folder, path);
  if (!target.startsWith(`${folder}${sep}`)) throw new Error(`${JSON.stringify(path)} leaves its folder`);
  return target;
}
