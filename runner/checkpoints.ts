import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkpointManifestSchema, objectKeys, type Bootstrap, type CheckpointManifest } from '@artenic/core';
import { complain, errorCode, messageOf } from './error-text.ts';
import { filesBelow, type RunnerStore } from './object-store.ts';
import { pause } from './pause.ts';

const keptUploads = 3;
const lookEveryMs = 200;
/** The machine's own troubles say nothing about the checkpoint. */
const troublesOfMachine: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);

/** What is written under another name first and renamed here is whole; anything else is still being written. */
function isFinished(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith('.tmp');
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
  const newestFirst = manifests.toSorted((a, b) => b.attempt - a.attempt || b.sequence - a.sequence);
  for (const manifest of newestFirst) {
    const temporary = join(folder, '.restoring');
    await rm(temporary, { recursive: true, force: true });
    try {
      if (manifest.directory) await mkdir(temporary);
      for (const file of manifest.files)
        await store.getFile(file.key, manifest.directory ? join(temporary, file.path) : temporary, file.sha256);
      const name = basename(manifest.name);
      await rename(temporary, join(folder, name));
      return name;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (troublesOfMachine.has(errorCode(error))) throw error;
      say(
        `checkpoint ${manifest.name} of attempt ${manifest.attempt} is not whole (${messageOf(error)}); trying the one before`,
      );
    }
  }
  return null;
}

export type CheckpointWatch = {
  /** Uploads what is there and not uploaded yet, unless it is not wanted, then stops watching. */
  readonly finish: (isWanted: boolean) => Promise<void>;
};

/** What is in the folder already is taken as known: it comes from storage. */
export async function watchCheckpoints(parts: {
  readonly bootstrap: Bootstrap;
  readonly store: RunnerStore;
  readonly folder: string;
  readonly onUploaded: (manifest: CheckpointManifest) => void;
  readonly onFailed: (line: string) => void;
}): Promise<CheckpointWatch> {
  const { folder } = parts;
  const stop = new AbortController();
  const seen = new Map((await entriesOf(folder)).map(({ name, timeMs }) => [name, timeMs]));
  const failed = new Set<string>();
  const upload = uploader(parts);

  async function look(): Promise<void> {
    const fresh = (await entriesOf(folder)).filter(({ name, timeMs }) => seen.get(name) !== timeMs);
    // Several at once are taken in the order in which they were written.
    for (const entry of fresh.toSorted((a, b) => a.timeMs - b.timeMs || (a.name < b.name ? -1 : 1))) {
      seen.set(entry.name, entry.timeMs);
      try {
        await upload(entry);
        failed.delete(entry.name);
      } catch (error) {
        // Gone while we read it: the training keeps only its newest ones.
        if (errorCode(error) === 'ENOENT') continue;
        failed.add(entry.name);
        parts.onFailed(`checkpoint ${entry.name} could not be kept: ${messageOf(error)}`);
      }
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(lookEveryMs, stop.signal);
      if (!stop.signal.aborted) await look();
    }
  }
  // The training goes on whatever becomes of its checkpoints.
  const running = run().catch((error: unknown) => complain('watching checkpoints', error));

  return {
    finish: async (isWanted) => {
      stop.abort();
      if (!isWanted) return;
      await running;
      for (const name of failed) seen.delete(name);
      await look();
    },
  };
}

type Entry = { readonly name: string; readonly directory: boolean; readonly timeMs: number };

/** Links (`latest` and the like) are no checkpoints of their own. */
async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const name of (await readdir(folder)).filter(isFinished)) {
    try {
      const found = await lstat(join(folder, name));
      const directory = found.isDirectory();
      if (directory || found.isFile()) entries.push({ name, directory, timeMs: found.mtimeMs });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // The training removed an old one.
    }
  }
  return entries;
}

/** Files first, the manifest last; then the oldest of our own beyond the kept ones goes. */
function uploader({
  bootstrap,
  store,
  folder,
  onUploaded,
}: Parameters<typeof watchCheckpoints>[0]): (entry: Entry) => Promise<void> {
  const { jobId, attempt } = bootstrap;
  const kept: number[] = [];
  let sequence = 0;
  return async ({ name, directory }) => {
    const path = join(folder, name);
    const next = sequence + 1;
    const prefix = objectKeys.checkpoint(jobId, attempt, next);
    const files = [];
    for (const file of directory ? await filesBelow(path) : [name]) {
      const { key, bytes, sha256 } = await store.putFile(`${prefix}files/${file}`, directory ? join(path, file) : path);
      files.push({ path: file, key, bytes, sha256 });
    }
    const createdAt = new Date().toISOString();
    const manifest: CheckpointManifest = { jobId, attempt, sequence: next, name, directory, files, createdAt };
    await store.putText(
      objectKeys.checkpointManifest(jobId, attempt, next),
      JSON.stringify(checkpointManifestSchema.parse(manifest)),
    );
    sequence = next;
    kept.push(next);
    onUploaded(manifest);
    while (kept.length > keptUploads) {
      const oldest = kept.shift();
      if (oldest !== undefined) await store.removeAll(objectKeys.checkpoint(jobId, attempt, oldest));
    }
  };
}
