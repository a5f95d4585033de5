import {
  datasetEntrySchema,
  datasetVersionViewSchema,
  datasetViewSchema,
  mostDatasetChanges,
  pageSchema,
  type DatasetVersionView,
} from '@artenic/core';
import { callApi, toApiError, type ApiError } from '../../lib/api.ts';
import { datasetAddress } from '../../lib/dataset-queries.ts';
import { sha256Of } from '../../lib/upload.ts';
import type { Found } from '../dispatch/dropped.ts';
import { Gate } from './gate.ts';
import { sendContents, type Content } from './send-contents.ts';
import { hashesOf, removeUpload, saveHashes, saveUpload, type KnownHash, type UploadRecord } from './upload-records.ts';

export type UploadPhase = 'hashing' | 'comparing' | 'sending' | 'committing' | 'done' | 'conflict' | 'failed';
export type UploadState = {
  readonly phase: UploadPhase;
  readonly isPaused: boolean;
  readonly hashed: Amount;
  /** Contents that differ from the newest version, and those of them that are stored. */
  readonly changed: Amount;
  readonly stored: Amount;
  /** Files that are being sent, with the share that has been sent. */
  readonly active: readonly { readonly path: string; readonly share: number }[];
  readonly error: ApiError | null;
  /** The new version; null while there is none, also when nothing has changed. */
  readonly made: DatasetVersionView | null;
};
type Amount = { readonly files: number; readonly bytes: number };

const hashedAtOnce = 4;
const hashesInPart = 100;
const tellMs = 100;
const commitMs = 300_000;
const none: Amount = { files: 0, bytes: 0 };
const plus = ({ files, bytes }: Amount, more: number): Amount => ({ files: files + 1, bytes: bytes + more });

const startState: UploadState = {
  ...{ phase: 'hashing', isPaused: false, hashed: none, changed: none, stored: none },
  ...{ active: [], error: null, made: null },
};

/** The upload of a folder as the next version of a dataset: hash, compare, send what the server lacks, commit. */
export class UploadRun {
  #record: UploadRecord;
  readonly #files: readonly Found[];
  readonly #hashes = new Map<string, string>();
  readonly #gate = new Gate();
  readonly #shares = new Map<string, number>();
  readonly #tell: () => void;
  #state = startState;
  #toldAtMs = 0;
  #timer: number | undefined;

  /** @param tell called when the state has changed, at a rate that people can follow */
  constructor(record: UploadRecord, files: readonly Found[], tell: () => void) {
    this.#record = record;
    this.#files = files;
    this.#tell = tell;
  }

  get record(): UploadRecord {
    return this.#record;
  }
  get state(): UploadState {
    return this.#state;
  }

  #change(change: Partial<UploadState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, tellMs - (performance.now() - this.#toldAtMs));
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      this.#toldAtMs = performance.now();
      this.#state = { ...this.#state, active: [...this.#shares].map(([path, share]) => ({ path, share })) };
      this.#tell();
    }, waitMs);
  }

  pause(): void {
    this.#gate.close();
    this.#change({ isPaused: true });
  }
  continue(): void {
    this.#gate.release();
    this.#change({ isPaused: false });
  }
  /** Ends the upload; contents that were sent are removed by the server when nothing needs them. */
  async discard(): Promise<void> {
    this.#gate.end();
    window.clearTimeout(this.#timer);
    await removeUpload(this.#record.id);
  }

  /** Runs to the end, or to a state that needs a person. */
  async run(): Promise<void> {
    this.#change({ ...startState, isPaused: this.#state.isPaused });
    try {
      await saveUpload(this.#record);
      await this.#hash();
      await this.#send();
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') return;
      const error = toApiError(cause);
      this.#change({ phase: error.status === 409 ? 'conflict' : 'failed', error });
    }
  }

  /** After a conflict: the same files on top of the newest version. */
  async rebase(): Promise<void> {
    try {
      const { version } = await callApi(datasetAddress(this.#record.datasetId), datasetViewSchema);
      this.#record = { ...this.#record, expectedVersion: version ?? 0 };
    } catch (error) {
      this.#change({ phase: 'failed', error: toApiError(error) });
      return;
    }
    await this.run();
  }

  async #hash(): Promise<void> {
    const known = new Map((await hashesOf(this.#record.id)).map((one) => [one[0], one]));
    let part: KnownHash[] = [];
    const keep = async (): Promise<void> => {
      const full = part;
      part = [];
      if (full.length > 0) await saveHashes(this.#record.id, full);
    };
    await this.#gate.eachAtOnce(hashedAtOnce, this.#files, async ({ path, file }) => {
      const before = known.get(path);
      const isSame = before?.[1] === file.size && before[2] === file.lastModified;
      const sha256 = isSame ? before[3] : (this.#hashes.get(path) ?? (await sha256Of(file)));
      this.#hashes.set(path, sha256);
      if (!isSame) part.push([path, file.size, file.lastModified, sha256]);
      this.#change({ hashed: plus(this.#state.hashed, file.size) });
      if (part.length >= hashesInPart) await keep();
    });
    await keep();
  }

  /** Hashes by path of the version that the upload builds on. */
  async #before(): Promise<ReadonlyMap<string, string>> {
    const { expectedVersion: version, datasetId } = this.#record;
    const files = new Map<string, string>();
    let cursor: string | null = version === 0 ? null : '';
    while (cursor !== null) {
      await this.#gate.open();
      const query = { version, recursive: 'true', limit: 1000, cursor: cursor === '' ? undefined : cursor };
      const page = await callApi(datasetAddress(datasetId, '/files'), pageSchema(datasetEntrySchema), { query });
      for (const entry of page.items) if (entry.kind === 'file') files.set(entry.path, entry.sha256);
      cursor = page.nextCursor;
    }
    return files;
  }

  async #send(): Promise<void> {
    this.#change({ phase: 'comparing' });
    const before = await this.#before();
    const changed = this.#files
      .map(({ path, file }) => ({ path, file, sha256: this.#hashes.get(path) ?? '' }))
      .filter(({ path, sha256 }) => before.get(path) !== sha256);
    const here = new Set(this.#files.map(({ path }) => path));
    const removed = this.#record.keep ? [] : [...before.keys()].filter((path) => !here.has(path));
    const unique = [...new Map(changed.map((content) => [content.sha256, content])).values()];
    this.#change({
      phase: 'sending',
      changed: unique.reduce((sum, { file }) => plus(sum, file.size), none),
      stored: none,
    });
    const onStored = ({ file }: Content): void => this.#change({ stored: plus(this.#state.stored, file.size) });
    await sendContents(unique, this.#gate, {
      ...{ onStored, onSent: onStored },
      onShare: ({ path }, share) => {
        if (share === null) this.#shares.delete(path);
        else this.#shares.set(path, share);
        this.#change({});
      },
    });
    await this.#gate.open();
    this.#change({ phase: 'committing' });
    const made = await this.#commit(changed, removed);
    await removeUpload(this.#record.id);
    this.#change({ phase: 'done', made });
  }

  /** One version, or several when there are more changes than one request may have; removals first. */
  async #commit(changed: readonly Content[], removed: readonly string[]): Promise<DatasetVersionView | null> {
    const all = [...removed.map((path) => ({ path, put: null })), ...changed.map((put) => ({ path: put.path, put }))];
    const parts = Math.ceil(all.length / mostDatasetChanges);
    let made: DatasetVersionView | null = null;
    for (let part = 0; part < parts; part++) {
      const some = all.slice(part * mostDatasetChanges, (part + 1) * mostDatasetChanges);
      const { id, datasetId, message, expectedVersion } = this.#record;
      const note = parts === 1 ? message : `${message} (part ${part + 1} of ${parts})`.trim();
      made = await callApi(datasetAddress(datasetId, '/versions'), datasetVersionViewSchema, {
        method: 'POST',
        idempotencyKey: `${id}-${expectedVersion}`,
        timeoutMs: commitMs,
        json: {
          put: some.flatMap(({ path, put }) =>
            put === null ? [] : [{ path, sha256: put.sha256, bytes: put.file.size }],
          ),
          remove: some.flatMap(({ path, put }) => (put === null ? [path] : [])),
          ...{ message: note, expectedVersion },
        },
      });
      this.#record = { ...this.#record, expectedVersion: made.version };
      if (part < parts - 1) await saveUpload(this.#record);
    }
    return made;
  }
}
