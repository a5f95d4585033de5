import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpointManifestSchema, objectKeys, type Bootstrap, type CheckpointManifest } from '@artenic/core';
import { z } from 'zod';
import { FencedError, type RunnerApi } from './api-client.ts';
import { filesBelow, type RunnerStore } from './object-store.ts';

const keptUploads = 3;
const lookEveryMs = 200;

/** What is written under another name first and renamed here is whole; anything else is still being written. */
function isFinished(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith('.tmp');
}

async function modifiedMs(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // The training removed an old one.
    throw error;
  }
}

/**
 * Puts the newest checkpoint whose files are all whole into `folder` and returns its name, or null when there is none.
 * `say` hears of each one that is passed over.
 */
export async function restoreCheckpoint(
  store: RunnerStore,
  manifests: readonly CheckpointManifest[],
  folder: string,
  say: (line: string) => void,
): Promise<string | null> {
  for (const manifest of manifests) {
    const temporary = join(folder, '.restoring');
    await rm(temporary, { recursive: true, force: true });
    try {
      for (const file of manifest.files)
        await store.getFile(file.key, manifest.directory ? join(temporary, file.path) : temporary, file.sha256);
      await rename(temporary, join(folder, manifest.name));
      return manifest.name;
    } catch (error) {
      say(
        `checkpoint ${manifest.name} of attempt ${manifest.attempt} is not whole (${error instanceof Error ? error.message : String(error)}); trying the one before`,
      );
      await rm(temporary, { recursive: true, force: true });
    }
  }
  return null;
}

export type CheckpointWatch = {
  /** Uploads what is there and not uploaded yet, then stops watching. Works while the API is away. */
  readonly finish: () => Promise<void>;
  /** Until the API has heard of every upload, or `signal` ends the patience. */
  readonly drain: (signal: AbortSignal) => Promise<void>;
};

/** Uploads each new entry of the checkpoint folder: files first, the manifest last, then tells the API. */
export function watchCheckpoints(parts: {
  readonly bootstrap: Bootstrap;
  readonly store: RunnerStore;
  readonly api: RunnerApi;
  readonly folder: string;
  readonly restored: string | null;
  readonly onFenced: () => void;
}): CheckpointWatch {
  const { bootstrap, store, api, folder } = parts;
  const stop = new AbortController();
  const patience = new AbortController();
  const seen = new Map<string, number>();
  const uploaded: CheckpointManifest[] = [];
  const told: Promise<void>[] = [];
  let sequence = 0;
  let isFirstLook = true;

  async function upload(name: string): Promise<void> {
    const path = join(folder, name);
    const directory = (await lstat(path)).isDirectory();
    const number = sequence + 1;
    const prefix = objectKeys.checkpoint(bootstrap.jobId, bootstrap.attempt, number);
    const files = [];
    for (const file of directory ? await filesBelow(path) : [name]) {
      const { key, bytes, sha256 } = await store.putFile(`${prefix}files/${file}`, directory ? join(path, file) : path);
      files.push({ path: file, key, bytes, sha256 });
    }
    const manifest: CheckpointManifest = {
      jobId: bootstrap.jobId,
      attempt: bootstrap.attempt,
      sequence: number,
      name,
      directory,
      files,
      createdAt: new Date().toISOString(),
    };
    await store.putText(
      objectKeys.checkpointManifest(bootstrap.jobId, bootstrap.attempt, number),
      JSON.stringify(checkpointManifestSchema.parse(manifest)),
    );
    sequence = number;
    uploaded.push(manifest);
    told.push(tell(manifest));
    while (uploaded.length > keptUploads) {
      const oldest = uploaded.shift();
      if (oldest !== undefined)
        await store.removeAll(objectKeys.checkpoint(oldest.jobId, oldest.attempt, oldest.sequence));
    }
  }

  /** The API learns of it when it can; a restore reads storage itself and does not need that. */
  async function tell(manifest: CheckpointManifest): Promise<void> {
    try {
      await api.postUntilAnswered('/checkpoints', manifest, z.unknown(), patience.signal);
    } catch (error) {
      if (error instanceof FencedError) parts.onFenced();
    }
  }

  async function look(): Promise<void> {
    const entries: { readonly name: string; readonly timeMs: number }[] = [];
    for (const name of (await readdir(folder)).filter(isFinished)) {
      const timeMs = await modifiedMs(join(folder, name));
      if (timeMs !== null && seen.get(name) !== timeMs) entries.push({ name, timeMs });
    }
    // Several at once are taken in the order in which they were written.
    for (const { name, timeMs } of entries.toSorted((a, b) => a.timeMs - b.timeMs || (a.name < b.name ? -1 : 1))) {
      seen.set(name, timeMs);
      // The restored one is in storage already.
      if (isFirstLook && name === parts.restored) continue;
      try {
        await upload(name);
      } catch (error) {
        // Gone while we read it: the training keeps only its newest ones.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    isFirstLook = false;
  }

  let last = look();
  async function run(): Promise<void> {
    await last;
    while (!stop.signal.aborted) {
      await sleep(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      last = look().catch((error: unknown) => {
        process.stderr.write(`checkpoint upload: ${error instanceof Error ? error.message : String(error)}\n`);
      });
      await last;
    }
  }
  const running = run();

  return {
    finish: async () => {
      stop.abort();
      await running;
      await look();
    },
    drain: async (signal) => {
      signal.addEventListener('abort', () => patience.abort(), { once: true });
      if (signal.aborted) patience.abort();
      await Promise.all(told);
    },
  };
}
