import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkpointManifestSchema, objectKeys, type Bootstrap, type CheckpointManifest } from '@artenic/core';
import type { Control, Ledger } from './control.ts';
import { complain, errorCode, messageOf } from './error-text.ts';
import { filesBelow, type RunnerStore, type Urgency } from './object-store.ts';
import { pause } from './pause.ts';

const keptUploads = 3;
/** Manifests that can be written while the API is away. */
const expectedManifests = 16;
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

type KeepParts = {
  readonly bootstrap: Bootstrap;
  readonly store: RunnerStore;
  readonly control: Control;
  readonly folder: string;
  readonly onUploaded: (manifest: CheckpointManifest) => void;
  readonly onFailed: (line: string) => void;
};

/** Uploads what is new in the folder, each time it is asked to look. */
class Keeper {
  readonly #parts: KeepParts;
  readonly #seen: Map<string, number>;
  readonly #failed = new Set<string>();
  readonly #upload: (entry: Entry, urgency: Urgency) => Promise<void>;

  /** `known`: entries that storage has already; `uploaded`: sequence numbers of this attempt's own, in their order. */
  constructor(parts: KeepParts, known: Ledger, uploaded: readonly number[]) {
    this.#parts = parts;
    this.#seen = new Map(known);
    const onUploaded = (manifest: CheckpointManifest): void => {
      // Before anybody hears of it. If we die just before, it is uploaded a second time, which does no harm.
      this.#failed.delete(manifest.name);
      this.#note();
      parts.onUploaded(manifest);
    };
    this.#upload = uploader({ ...parts, onUploaded }, uploaded);
    this.#note();
  }

  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  #note(): void {
    this.#parts.control.keepLedger(new Map([...this.#seen].filter(([name]) => !this.#failed.has(name))));
  }

  /** At most the newest `most`: more would only push each other out of storage. */
  async look(urgency: Urgency, most = Number.POSITIVE_INFINITY): Promise<void> {
    const fresh = (await entriesOf(this.#parts.folder)).filter(({ name, timeMs }) => this.#seen.get(name) !== timeMs);
    // Several at once are taken in the order in which they were written.
    const inOrder = fresh.toSorted((a, b) => a.timeMs - b.timeMs || (a.name < b.name ? -1 : 1));
    for (const entry of inOrder.slice(Math.max(0, inOrder.length - most))) {
      this.#seen.set(entry.name, entry.timeMs);
      try {
        await this.#upload(entry, urgency);
      } catch (error) {
        // Gone while we read it: the training keeps only its newest ones.
        if (errorCode(error) === 'ENOENT') continue;
        this.#failed.add(entry.name);
        this.#parts.onFailed(`checkpoint ${entry.name} could not be kept: ${messageOf(error)}`);
      }
    }
  }

  lookAgainAtFailed(): Promise<void> {
    for (const name of this.#failed) this.#seen.delete(name);
    return this.look('last');
  }
}

/** What is in the folder already is taken as known: it comes from storage. */
export async function watchCheckpoints(parts: KeepParts): Promise<CheckpointWatch> {
  const stop = new AbortController();
  const keeper = new Keeper(
    parts,
    new Map((await entriesOf(parts.folder)).map(({ name, timeMs }) => [name, timeMs])),
    [],
  );

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(lookEveryMs, stop.signal);
      if (!stop.signal.aborted) await keeper.look('periodic');
    }
  }
  // The training goes on whatever becomes of its checkpoints.
  const running = run().catch((error: unknown) => complain('watching checkpoints', error));

  return {
    finish: async (isWanted) => {
      stop.abort();
      if (!isWanted) return;
      await running;
      await keeper.lookAgainAtFailed();
    },
  };
}

/** What a killed runner had not uploaded yet. */
export async function uploadLeftCheckpoints(
  parts: Omit<KeepParts, 'onUploaded'>,
): Promise<{ readonly manifests: readonly CheckpointManifest[]; readonly isComplete: boolean }> {
  const ledger = parts.control.ledger();
  if (ledger === null) return { manifests: [], isComplete: true };
  const manifests: CheckpointManifest[] = [];
  const onUploaded = (manifest: CheckpointManifest): void => void manifests.push(manifest);
  const keeper = new Keeper({ ...parts, onUploaded }, ledger, await uploadedSequences(parts));
  await keeper.look('last', keptUploads);
  return { manifests, isComplete: !keeper.hasFailed };
}

/** Of this attempt's own checkpoints in storage, in their order. */
async function uploadedSequences({
  bootstrap: { jobId, attempt },
  store,
}: Pick<KeepParts, 'bootstrap' | 'store'>): Promise<readonly number[]> {
  return (await store.checkpointKeys())
    .flatMap((key) => {
      const sequence = Number(/-(\d+)\/manifest\.json$/.exec(key)?.[1]);
      return key === objectKeys.checkpointManifest(jobId, attempt, sequence) ? [sequence] : [];
    })
    .toSorted((a, b) => a - b);
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
function uploader(
  { bootstrap, store, folder, onUploaded }: KeepParts,
  uploaded: readonly number[],
): (entry: Entry, urgency: Urgency) => Promise<void> {
  const { jobId, attempt } = bootstrap;
  const kept = [...uploaded];
  let sequence = kept.at(-1) ?? 0;
  const expectNext = (): void =>
    store.expect(
      Array.from({ length: expectedManifests }, (_, index) =>
        objectKeys.checkpointManifest(jobId, attempt, sequence + 1 + index),
      ),
    );
  expectNext();
  return async ({ name, directory }, urgency) => {
    const path = join(folder, name);
    const next = sequence + 1;
    const prefix = objectKeys.checkpoint(jobId, attempt, next);
    const files = [];
    for (const file of directory ? await filesBelow(path) : [name]) {
      const source = directory ? join(path, file) : path;
      const { key, bytes, sha256 } = await store.putFile(`${prefix}files/${file}`, source, urgency);
      files.push({ path: file, key, bytes, sha256 });
    }
    const createdAt = new Date().toISOString();
    const manifest: CheckpointManifest = { jobId, attempt, sequence: next, name, directory, files, createdAt };
    await store.putText(
      objectKeys.checkpointManifest(jobId, attempt, next),
      JSON.stringify(checkpointManifestSchema.parse(manifest)),
      urgency,
    );
    sequence = next;
    expectNext();
    kept.push(next);
    onUploaded(manifest);
    while (kept.length > keptUploads) {
      const oldest = kept.shift();
      if (oldest !== undefined) await store.removeCheckpoint(oldest);
    }
  };
}
