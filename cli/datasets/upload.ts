import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ArtenicClient } from '@artenic/client';
import {
  formatSize,
  mostDatasetChanges,
  type DatasetVersionView,
  type DatasetView,
  type MissingContent,
} from '@artenic/core';
import { atOnce } from '../at-once.ts';
import { CliError } from '../cli-error.ts';
import { hashOf } from '../job-file/hash.ts';
import { bar, type Output as WholeOutput } from '../output/output.ts';
import { filesOf, sameStamp, stampOf, type FoundFile } from './folder.ts';
import { LocalIndex, type HashedFile } from './local-index.ts';

const [hashesAtOnce, uploadsAtOnce, asked] = [4, 8, 1000];
const redrawMs = 100;
/** Larger files are sent so that a broken upload continues, where one request could not be continued. */
const resumedBytes = 64 * 1024 ** 2;
/** The storage accepts no larger object in one request. */
const largestPutBytes = 5 * 1024 ** 3;

type Output = Pick<WholeOutput, 'meter' | 'endProgress'>;

export type Uploaded = {
  readonly dataset: string;
  /** Null: nothing differs from the newest version. */
  readonly made: DatasetVersionView | null;
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  readonly sentFiles: number;
  readonly sentBytes: number;
  /** Files whose content was read. */
  readonly readFiles: number;
};
export type UploadTools = {
  readonly client: ArtenicClient;
  readonly output: Output;
  readonly url: string;
  /** Folder of the user for what can be made again. */
  readonly cache: string;
  /** Files of this size on are continued within, where they go through the API. */
  readonly resumedFrom?: number;
  /** Changes in one request; more become a draft. */
  readonly atOnceChanges?: number;
};
export type UploadOptions = { readonly message: string; readonly keep: boolean };

/** A line with the share of the work that is done, redrawn at a readable rate. */
function meterOf(output: Output, what: string, total: number): (more: number) => void {
  let [done, drawnAtMs] = [0, 0];
  return (more) => {
    done += more;
    if (performance.now() - drawnAtMs < redrawMs) return;
    drawnAtMs = performance.now();
    output.meter(`${bar(total === 0 ? 1 : done / total)} ${what} ${formatSize(done)} of ${formatSize(total)}`);
  };
}

function mustBeSame(file: FoundFile): void {
  if (!sameStamp(file, stampOf(file.place)))
    throw new CliError('negative', `${file.path} changed during the upload: run the same command again`);
}

/** Hashes of all files; only files that changed since the last time are read. */
async function hashAll(
  files: readonly FoundFile[],
  index: LocalIndex,
  output: Output,
): Promise<{ readonly hashed: readonly HashedFile[]; readonly read: number }> {
  const known = files.map((file) => index.find(file));
  const fresh = files.flatMap((file, at) => (known[at] === null ? [{ file, at }] : []));
  const hashed: (HashedFile | null)[] = [...known];
  const draw = meterOf(
    output,
    'read',
    fresh.reduce((sum, { file }) => sum + file.bytes, 0),
  );
  try {
    await atOnce(hashesAtOnce, fresh, async ({ file, at }) => {
      const { path, bytes, mtimeMs, ctimeMs, inode } = file;
      const one = { path, bytes, mtimeMs, ctimeMs, inode, sha256: await hashOf(file.place), hashedAtMs: Date.now() };
      mustBeSame(file);
      hashed[at] = one;
      index.note(one);
      draw(bytes);
    });
  } finally {
    // A later run does not read these files again.
    index.flush();
    output.endProgress();
  }
  return { hashed: hashed.filter((one) => one !== null), read: fresh.length };
}

/** Hashes by path of the newest version: from the last upload and what came since, or from the server. */
async function headFiles(
  client: ArtenicClient,
  { name, id, version }: DatasetView,
  { uploadedAs, uploaded }: LocalIndex,
): Promise<ReadonlyMap<string, string>> {
  if (version === null) return new Map();
  if (uploadedAs?.datasetId !== id || uploadedAs.version > version) {
    const files = new Map<string, string>();
    for await (const entry of client.datasets.files(name, { version, recursive: true }))
      if (entry.kind === 'file') files.set(entry.path, entry.sha256);
    return files;
  }
  const files = new Map(uploaded);
  if (uploadedAs.version === version) return files;
  for await (const { path, after } of client.datasets.diff(name, version, uploadedAs.version))
    if (after === null) files.delete(path);
    else files.set(path, after.sha256);
  return files;
}

/** Whether the file goes through the API in pieces: its signed request leads there anyway, or is too small for it. */
function isResumed({ request }: MissingContent, bytes: number, resumed: number): boolean {
  const isOwn = new URL(request.url).pathname.includes('/api/v1/signed-objects/');
  return bytes > largestPutBytes || (isOwn && bytes >= resumed);
}

/** Sends the contents that the server lacks, each once, several at a time. */
async function sendMissing(
  { client, output, resumedFrom = resumedBytes }: UploadTools,
  files: readonly (FoundFile & { readonly sha256: string })[],
  index: LocalIndex,
): Promise<{ readonly sentFiles: number; readonly sentBytes: number }> {
  const byHash = new Map(files.map((file) => [file.sha256, file]));
  const contents = [...byHash.values()].map(({ sha256, bytes }) => ({ sha256, bytes }));
  const draw = meterOf(
    output,
    'sent',
    contents.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  let [sentFiles, sentBytes] = [0, 0];
  for (let from = 0; from < contents.length; from += asked) {
    const some = contents.slice(from, from + asked);
    const missing = await client.datasets.missing(some);
    const lacking = new Set(missing.map(({ sha256 }) => sha256));
    for (const { sha256, bytes } of some) if (!lacking.has(sha256)) draw(bytes);
    await atOnce(uploadsAtOnce, missing, async (one) => {
      const file = byHash.get(one.sha256);
      if (file === undefined) return;
      mustBeSame(file);
      const { sha256, bytes, place } = file;
      const body = (start: number) => Readable.toWeb(createReadStream(place, { start })) as ReadableStream<Uint8Array>;
      if (isResumed(one, bytes, resumedFrom)) {
        const onUpload = (id: string): void => index.noteUpload(sha256, id);
        await client.uploads.send({ bytes, sha256 }, body, { id: index.uploadOf(sha256), onUpload });
      } else {
        await client.datasets.store(one, () => body(0));
      }
      sentFiles++;
      sentBytes += file.bytes;
      draw(file.bytes);
    });
  }
  output.endProgress();
  return { sentFiles, sentBytes };
}

type Changes = {
  readonly put: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  readonly remove: readonly string[];
};

/** One version, by a draft when there are more changes than one request may have. */
async function commitAll(
  client: ArtenicClient,
  dataset: DatasetView,
  { put, remove }: Changes,
  { message, atOnceChanges }: { readonly message: string; readonly atOnceChanges: number },
): Promise<DatasetVersionView | null> {
  const expectedVersion = dataset.version ?? 0;
  const changes = put.length + remove.length;
  if (changes === 0) return null;
  if (changes <= atOnceChanges)
    return client.datasets.commit(dataset.name, { put: [...put], remove: [...remove], message, expectedVersion });
  // Removals first: a file may have become a folder of the same name. Files in their order change the fewest nodes twice.
  const sorted = put.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const all = [...remove.map((path) => ({ path, file: null })), ...sorted.map((file) => ({ path: file.path, file }))];
  const { id } = await client.datasets.openDraft(dataset.name, expectedVersion);
  for (let from = 0; from < all.length; from += atOnceChanges) {
    const some = all.slice(from, from + atOnceChanges);
    await client.datasets.changeDraft(dataset.name, id, {
      put: some.flatMap(({ file }) => (file === null ? [] : [file])),
      remove: some.flatMap(({ path, file }) => (file === null ? [path] : [])),
    });
  }
  return client.datasets.commitDraft(dataset.name, id, message);
}

/** Makes the folder's files the newest version of the dataset. */
export async function uploadFolder(
  tools: UploadTools,
  dataset: DatasetView,
  folder: string,
  { message, keep }: UploadOptions,
): Promise<Uploaded> {
  const { client, output, url, cache, atOnceChanges = mostDatasetChanges } = tools;
  const index = new LocalIndex(cache, url, dataset.id, folder);
  const found = filesOf(folder);
  const { hashed, read } = await hashAll(found, index, output);
  const head = await headFiles(client, dataset, index);
  const changed = hashed.flatMap((file, at) => {
    const place = found[at]?.place ?? '';
    return head.get(file.path) === file.sha256 ? [] : [{ ...file, place }];
  });
  const here = new Set(hashed.map(({ path }) => path));
  const remove = keep ? [] : [...head.keys()].filter((path) => !here.has(path));
  const sent = await sendMissing(tools, changed, index);
  const put = changed.map(({ path, sha256, bytes }) => ({ path, sha256, bytes }));
  const made = await commitAll(client, dataset, { put, remove }, { message, atOnceChanges });
  const version = made?.version ?? dataset.version;
  // Files that only the dataset has are not in the index, so with `--keep` the next upload asks the server.
  if (version !== null && (!keep || here.size === head.size + put.filter(({ path }) => !head.has(path)).length))
    index.save({ datasetId: dataset.id, version }, hashed);
  const counts = { files: hashed.length, added: put.length, removed: remove.length, readFiles: read };
  return { dataset: dataset.name, made, ...counts, ...sent };
}
