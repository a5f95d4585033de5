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
import type { RunnerStore, Urgency } from '../store/object-store.ts';
import { pause } from '../pause.ts';
import { SourceError } from '../store/source-error.ts';

const keptUploads = 3;
/** Manifests that can be written while the API is away. */
const expectedManifests = 16;
const lookEveryMs = 200;
/** What is changed in place counts as written when nothing has changed for so long. */
const stillMs = 2000;

export type CheckpointWatch = {
  /**
   * The command has ended: uploads what is there and not uploaded yet, then stops watching. `isWell`: it ended by itself
   * with exit code 0, so also what it has just changed in place is whole.
   */
  readonly finish: (isWell: boolean) => Promise<void>;
  /** Stops watching; nothing of it is wanted. */
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
  /** At most the newest so many: more would only push each other out of storage. */
  readonly most: number;
  /** What was changed in place after this is not whole yet. */
  readonly stillBeforeMs: number;
  readonly isLast: boolean;
};

/** Uploads what is new in the folder, each time it is asked to look. */
class Keeper {
  readonly #parts: KeepParts;
  readonly #reader: EntryReader;
  readonly #seen: Map<string, string>;
  readonly #failed = new Set<string>();
  readonly #changing = new Set<string>();
  readonly #upload: (entry: Entry, urgency: Urgency) => Promise<void>;

  /** `known`: entries that storage has already; `uploaded`: sequence numbers of this attempt's own, in their order. */
  constructor(parts: KeepParts, known: Ledger, uploaded: readonly number[]) {
    this.#parts = parts;
    this.#reader = new EntryReader(parts.folder, parts.say);
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
    try {
      this.#parts.control.keepLedger(new Map([...this.#seen].filter(([name]) => !this.#failed.has(name))));
    } catch (error) {
      // Without the note a drain uploads the newest ones a second time.
      complain('noting the checkpoints', error);
    }
  }

  async look(how: Look): Promise<void> {
    const entries = await this.#reader.read(how.isLast);
    const fresh = entries.filter((entry) => this.#isDue(entry, how));
    // Several at once are taken in the order in which they were written.
    const inOrder = fresh.toSorted((a, b) => a.writtenMs - b.writtenMs || (a.name < b.name ? -1 : 1));
    for (const entry of inOrder.slice(Math.max(0, inOrder.length - how.most))) await this.#keep(entry, how.urgency);
  }

  /** New, or changed in place and still again. */
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
      // Gone while we read it: the training keeps only its newest ones. Changed: another look finds it so.
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

/** What is in the folder already is taken as known: it comes from storage. */
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
        // The training goes on whatever becomes of its checkpoints, and the next look may see them.
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

/** What a killed runner had not uploaded yet. */
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

/** Files first, the manifest last; then the oldest of our own beyond the kept ones goes. */
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

/** Their keys are numbers: names of any length and any bytes are in the manifest alone. */
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
  // Before anything is sent: with keys of the length that they will have.
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
