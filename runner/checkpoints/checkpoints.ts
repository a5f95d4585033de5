import {
  checkpointManifestSchema,
  longestManifestBytes,
  objectKeys,
  type Bootstrap,
  type CheckpointManifest,
} from '@artenic/core';
import { EntryReader, filesOf, fingerprintNow, type Entry } from './entries.ts';
import type { Control, Ledger } from '../report/control.ts';
import { complain, messageOf } from '../error-text.ts';
import type { RunnerStore, Urgency } from '../storage/object-store.ts';
import { pause } from '../pause.ts';
import { SourceError } from '../storage/source-error.ts';

const keptUploads = 3;
/** Number of manifests that can be written while the API is away. */
const expectedManifests = 16;
const lookEveryMs = 200;
/** An entry that is changed in place counts as whole after this long without a change. */
const stillMs = 2000;

export type CheckpointWatch = {
  /**
   * Call when the command has ended: uploads all entries that are not uploaded yet, then stops watching. `isWell`: the
   * command ended by itself with exit code 0, so entries it has just changed in place are whole too.
   */
  readonly finish: (isWell: boolean) => Promise<void>;
  /** Stops watching without uploading anything more. */
  readonly abandon: () => void;
};

type KeepParts = {
  readonly bootstrap: Bootstrap;
  readonly store: RunnerStore;
  readonly control: Control;
  readonly folder: string;
  readonly onUploaded: (manifest: CheckpointManifest) => void;
  readonly say: (line: string) => void;
};

type Look = {
  readonly urgency: Urgency;
  /** Upload at most this many of the newest entries: storage keeps no more. */
  readonly most: number;
  /** Entries that were changed in place after this time are not whole yet. */
  readonly stillBeforeMs: number;
  readonly isLast: boolean;
};

/** Uploads new and changed entries of the folder at each `look`. */
class Keeper {
  readonly #parts: KeepParts;
  readonly #reader: EntryReader;
  readonly #seen: Map<string, string>;
  readonly #failed = new Set<string>();
  readonly #changing = new Set<string>();
  readonly #upload: (entry: Entry, urgency: Urgency) => Promise<void>;

  /**
   * `known`: entries that storage already has. `uploaded`: sequence numbers of this attempt's own checkpoints,
   * ascending.
   */
  constructor(parts: KeepParts, known: Ledger, uploaded: readonly number[]) {
    this.#parts = parts;
    this.#reader = new EntryReader(parts.folder, parts.say);
    this.#seen = new Map(known);
    const onUploaded = (manifest: CheckpointManifest): void => {
      // The entry is noted before the API gets the report. If the runner dies just before this, the checkpoint is
      // uploaded a second time, which does no harm.
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
    try {
      this.#parts.control.keepLedger(new Map([...this.#seen].filter(([name]) => !this.#failed.has(name))));
    } catch (error) {
      // Without the ledger, a drain uploads the newest checkpoints a second time.
      complain('noting the checkpoints', error);
    }
  }

  async look(how: Look): Promise<void> {
    const entries = await this.#reader.read(how.isLast);
    const fresh = entries.filter((entry) => this.#isDue(entry, how));
    // Upload several new entries in the order in which they were written.
    const inOrder = fresh.toSorted((a, b) => a.writtenMs - b.writtenMs || (a.name < b.name ? -1 : 1));
    for (const entry of inOrder.slice(Math.max(0, inOrder.length - how.most))) await this.#keep(entry, how.urgency);
  }

  /** True for a new entry, and for an entry that was changed in place and has not changed since `stillBeforeMs`. */
  #isDue(entry: Entry, { stillBeforeMs, isLast }: Look): boolean {
    const { name, identity, fingerprint, changedMs } = entry;
    const known = this.#seen.get(name);
    if (known === fingerprint) return false;
    const isInPlace = known?.startsWith(`${identity}|`) === true;
    if (!isInPlace || changedMs < stillBeforeMs) return true;
    if (isLast) {
      this.#parts.say(`checkpoint ${name} was being changed in place at the end: its last state is not kept`);
    } else if (!this.#changing.has(name)) {
      this.#changing.add(name);
      this.#parts.say(
        `checkpoint ${name} is changed in place: it is kept when it is still for ${stillMs / 1000} s. ` +
          'Written under a new name and then renamed, it is kept at once',
      );
    }
    return false;
  }

  async #keep(entry: Entry, urgency: Urgency): Promise<void> {
    const { name, fingerprint } = entry;
    this.#seen.set(name, fingerprint);
    try {
      await this.#upload(entry, urgency);
    } catch (error) {
      // The entry was removed while it was read (the training keeps only its newest checkpoints), or it changed and the
      // next look finds it.
      if (error instanceof SourceError && (await this.#hasChanged(entry))) return;
      this.#failed.add(name);
      this.#parts.say(`checkpoint ${name} could not be kept: ${messageOf(error)}`);
    }
  }

  async #hasChanged(entry: Entry): Promise<boolean> {
    try {
      return (await fingerprintNow(this.#parts.folder, entry)) !== entry.fingerprint;
    } catch (error) {
      if (error instanceof SourceError) return true;
      throw error;
    }
  }

  lookAgainAtFailed(stillBeforeMs: number): Promise<void> {
    for (const name of this.#failed) this.#seen.delete(name);
    return this.look({ urgency: 'last', most: Number.POSITIVE_INFINITY, stillBeforeMs, isLast: true });
  }
}

/** Entries that are already in the folder count as known: they were restored from storage. */
export async function watchCheckpoints(parts: KeepParts): Promise<CheckpointWatch> {
  const stop = new AbortController();
  const there = await new EntryReader(parts.folder, parts.say).read(true);
  const keeper = new Keeper(parts, new Map(there.map(({ name, fingerprint }) => [name, fingerprint])), []);

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(lookEveryMs, stop.signal);
      if (stop.signal.aborted) return;
      const stillBeforeMs = Date.now() - stillMs;
      try {
        await keeper.look({ urgency: 'periodic', most: Number.POSITIVE_INFINITY, stillBeforeMs, isLast: false });
      } catch (error) {
        // Checkpoint failures do not stop the training, and the next look may succeed.
        complain('watching checkpoints', error);
      }
    }
  }
  const running = run();

  return {
    finish: async (isWell) => {
      const endedMs = Date.now();
      stop.abort();
      await running;
      await keeper.lookAgainAtFailed(isWell ? Number.POSITIVE_INFINITY : endedMs - stillMs);
    },
    abandon: () => stop.abort(),
  };
}

/** Uploads the checkpoints that a killed runner had not uploaded yet. */
export async function uploadLeftCheckpoints(
  parts: Omit<KeepParts, 'onUploaded'>,
): Promise<{ readonly manifests: readonly CheckpointManifest[]; readonly isComplete: boolean }> {
  const ledger = parts.control.ledger();
  if (ledger === null) return { manifests: [], isComplete: true };
  const manifests: CheckpointManifest[] = [];
  const onUploaded = (manifest: CheckpointManifest): void => void manifests.push(manifest);
  const keeper = new Keeper({ ...parts, onUploaded }, ledger, await uploadedSequences(parts));
  await keeper.look({ urgency: 'last', most: keptUploads, stillBeforeMs: Date.now() - stillMs, isLast: true });
  return { manifests, isComplete: !keeper.hasFailed };
}

/** Sequence numbers of this attempt's own checkpoints in storage, ascending. */
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

/**
 * Uploads the files first and the manifest last; then removes this attempt's oldest checkpoints beyond the kept number.
 */
function uploader(parts: KeepParts, uploaded: readonly number[]): (entry: Entry, urgency: Urgency) => Promise<void> {
  const { bootstrap, store, onUploaded } = parts;
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
  return async (entry, urgency) => {
    const next = sequence + 1;
    const { manifest, text } = await storeFiles(parts, entry, next, urgency);
    await store.putText(objectKeys.checkpointManifest(jobId, attempt, next), text, urgency);
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

/** File keys are numbers; the names, which may have any length and any bytes, are only in the manifest. */
async function storeFiles(
  { bootstrap: { jobId, attempt }, store, folder, say }: KeepParts,
  entry: Entry,
  sequence: number,
  urgency: Urgency,
): Promise<{ readonly manifest: CheckpointManifest; readonly text: string }> {
  const { name, directory } = entry;
  const { files: found, unusable } = await filesOf(folder, entry);
  const prefix = objectKeys.checkpoint(jobId, attempt, sequence);
  const describe = (files: CheckpointManifest['files']) => {
    const createdAt = new Date().toISOString();
    const manifest = { jobId, attempt, sequence, name, directory, files, createdAt };
    return { manifest, text: JSON.stringify(manifest) };
  };
  // Check the manifest's size before sending anything, with keys of their final length.
  const draft = found.map(({ name: path }, index) => ({
    ...{ path, key: `${prefix}files/${index}`, bytes: Number.MAX_SAFE_INTEGER, sha256: '0'.repeat(64) },
  }));
  const listBytes = Buffer.byteLength(describe(draft).text);
  if (listBytes > longestManifestBytes)
    throw new Error(
      `the list of its ${found.length} files has ${listBytes} bytes, more than ${longestManifestBytes}: write fewer, larger files`,
    );
  const files: CheckpointManifest['files'] = [];
  for (const [index, { name: path, source }] of found.entries()) {
    const { key, bytes, sha256 } = await store.putFile(`${prefix}files/${index}`, source, urgency);
    files.push({ path, key, bytes, sha256 });
  }
  if ((await fingerprintNow(folder, entry)) !== entry.fingerprint)
    throw new SourceError('it changes while it is stored');
  const [first] = unusable;
  if (first !== undefined)
    say(`checkpoint ${name} is kept without ${unusable.length} of its entries, as ${first.name}: ${first.reason}`);
  const described = describe(files);
  return { ...described, manifest: checkpointManifestSchema.parse(described.manifest) };
}
