import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
import {
  dataPageAnswerSchema,
  folderOfSource,
  formatSize,
  objectKeys,
  type DataPage,
  type DatasetSource,
  type JobSpec,
} from '@artenic/core';
import { atOnce } from '../at-once.ts';
import type { Folders } from '../folders.ts';
import type { RunnerApi } from '../report/api-client.ts';
import type { RunnerStore } from '../storage/object-store.ts';
import { ContentCache, type Wanted } from './cache.ts';

export type DataParts = {
  readonly job: JobSpec;
  readonly api: Pick<RunnerApi, 'postUntilAnswered'>;
  readonly store: RunnerStore;
  readonly folders: Folders;
  readonly cacheDir: string;
  /** Most bytes of contents that stay in the cache. */
  readonly cacheBytes: number;
  /** Ends the work: the attempt was stopped. */
  readonly unwanted: AbortSignal;
  readonly say: (line: string) => void;
};

/** Contents that are fetched at once: most of the time of a small one is a wait for the storage. */
const fetchedAtOnce = 16;
/** Files that are linked between two turns for heartbeats. */
const filesPerTurn = 200;

type Place = Wanted & { readonly path: string };

class DataFetch {
  files = 0;
  fetched = 0;
  fetchedBytes = 0;
  purged = 0;
  readonly cache: ContentCache;
  readonly #parts: DataParts;
  readonly #made = new Set<string>();

  constructor(parts: DataParts) {
    this.#parts = parts;
    this.cache = new ContentCache(join(parts.cacheDir, 'data'), parts.cacheBytes);
    this.cache.sweep();
  }

  #makeFolder(path: string): void {
    const folder = dirname(path);
    if (this.#made.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    this.#made.add(folder);
  }

  /** Puts the contents into their places: from the cache, or else from the storage, each once. */
  async place(places: readonly Place[]): Promise<void> {
    const { store, unwanted } = this.#parts;
    const missing = new Map<string, Place[]>();
    for (const [index, place] of places.entries()) {
      if (index % filesPerTurn === filesPerTurn - 1) await others();
      unwanted.throwIfAborted();
      this.files++;
      this.#makeFolder(place.path);
      const sameContent = missing.get(place.sha256);
      if (sameContent !== undefined) sameContent.push(place);
      else if (!(await this.cache.take(place, place.path))) missing.set(place.sha256, [place]);
    }
    await store.expectGets([...missing.keys()].map((sha256) => objectKeys.data(sha256)));
    await atOnce(fetchedAtOnce, [...missing.values()], unwanted, ([first, ...rest]) =>
      first === undefined ? Promise.resolve() : this.#fetch(first, rest),
    );
  }

  async #fetch(first: Place, rest: readonly Place[]): Promise<void> {
    const { store } = this.#parts;
    const add = (place: Place): Promise<void> => {
      this.fetched++;
      this.fetchedBytes += place.bytes ?? 0;
      return this.cache.add(place, place.path, (file) =>
        store.getFile(objectKeys.data(place.sha256), file, place.sha256),
      );
    };
    await add(first);
    for (const place of rest) if (!(await this.cache.take(place, place.path))) await add(place);
  }

  /** Page by page, so that no list of all files is in memory. The next page is asked for during the work on one. */
  async placeDataset(source: DatasetSource, position: number): Promise<void> {
    const { folders } = this.#parts;
    const folder = join(folders.data, folderOfSource(source));
    mkdirSync(folder, { recursive: true });
    let coming = this.#page(position, null);
    for (let isFirst = true; ; isFirst = false) {
      const { files, next, total } = await coming;
      if (isFirst) await this.#mustFit(total.bytes, source);
      if (next !== null) {
        coming = this.#page(position, next);
        // Its failure is thrown where it is awaited.
        coming.catch(() => undefined);
      }
      this.#notePurged(
        source,
        files.flatMap(({ path, purged }) => (purged ? [path] : [])),
      );
      await this.place(
        files.flatMap(({ path, sha256, bytes, purged }) =>
          purged ? [] : [{ sha256, bytes, path: join(folder, path) }],
        ),
      );
      if (next === null) return;
    }
  }

  #page(position: number, after: string | null): Promise<DataPage> {
    const { api, unwanted } = this.#parts;
    return api.postUntilAnswered('/data', { position, after }, dataPageAnswerSchema, { signal: unwanted });
  }

  /** The disk has room for the data, at least when everything in the cache that nobody uses is removed. */
  async #mustFit(bytes: number, { dataset }: DatasetSource): Promise<void> {
    if (this.cache.freeBytes() >= bytes || this.cache.totalBytes() >= bytes) return;
    await this.cache.trim(0);
    const free = this.cache.freeBytes();
    if (free < bytes)
      throw new Error(
        `${dataset} has ${formatSize(bytes)}, but the machine's disk has only ${formatSize(free)} free: choose fewer files by \`paths\`, or a machine with a larger disk`,
      );
  }

  #notePurged({ dataset, name, allowPurged }: DatasetSource, paths: readonly string[]): void {
    const [first] = paths;
    if (first === undefined) return;
    if (allowPurged !== true)
      throw new Error(
        `${JSON.stringify(first)} of ${dataset} was purged after the job was submitted: submit it again with \`allowPurged: true\` to run without it`,
      );
    this.purged += paths.length;
    const lines = paths.map((path) => `${folderOfSource({ dataset, name })}/${path}\n`);
    appendFileSync(this.#parts.folders.purged, lines.join(''));
  }
}

/** Writes the job's configuration, and puts its data into place: verified, read-only, shared with other attempts. */
export async function fetchData(parts: DataParts): Promise<void> {
  const { job, folders, say } = parts;
  writeFileSync(folders.config, `${JSON.stringify(job.config, null, 2)}\n`);
  if (job.data.length === 0) return;
  const fetch = new DataFetch(parts);
  const named = job.data.flatMap((item) =>
    'dataset' in item ? [] : [{ sha256: item.sha256, path: join(folders.data, item.name) }],
  );
  await fetch.place(named);
  for (const [position, item] of job.data.entries()) if ('dataset' in item) await fetch.placeDataset(item, position);
  const { files, fetched, fetchedBytes, purged } = fetch;
  if (named.length < job.data.length)
    say(
      `data: ${files} files, ${files - fetched} from this machine's cache, ${fetched} fetched (${formatSize(fetchedBytes)})${purged === 0 ? '' : `, ${purged} purged ones left out`}`,
    );
  if (fetched > 0) await fetch.cache.trim();
}
