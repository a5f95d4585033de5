import { completionMarkerSchema, objectKeys, type Bootstrap, type CompletionMarker, type NotKept } from '@artenic/core';
import { FencedError } from './api-client.ts';
import { complain, messageOf } from '../error-text.ts';
import { findFiles, type Found } from '../storage/found-files.ts';
import type { Folders } from '../folders.ts';
import type { RunnerStore } from '../storage/object-store.ts';
import { pause } from '../pause.ts';
import { isMachineFailure, reasonOf } from '../storage/source-error.ts';

const mostPauseMs = 15_000;
/** The API accepts no longer paths; S3 refuses longer keys. */
const longest = { path: 512, keyBytes: 1024, reason: 500 } as const;
/** The API reads markers whole, up to 64 MB; the list of outputs stays well below that. */
const mostListedBytes = 32 * 1024 ** 2;
const mostNamed = 20;

export type StoredOutputs = Pick<CompletionMarker, 'outputs' | 'notKept'>;
type Output = CompletionMarker['outputs'][number];

/**
 * Uploads the files of the output folder. A file that cannot be read or stored is reported and skipped: no file may
 * cost the verdict. Throws only when the attempt is fenced.
 */
export async function uploadOutputs({
  store,
  bootstrap,
  folders,
  nameOf,
  unwanted,
}: {
  readonly store: RunnerStore;
  readonly bootstrap: Bootstrap;
  readonly folders: Folders;
  /** Returns the name that a file gets outside this machine. */
  readonly nameOf: (name: string) => string;
  readonly unwanted: AbortSignal;
}): Promise<StoredOutputs> {
  const { files, unusable } = await withoutTroubles(unwanted, () => foundIn(folders.outputs));
  const outputs: Output[] = [];
  const taken = new Set<string>();
  const notKept = unusable.map(({ name, reason }) => ({ path: nameOf(name), reason }));
  let listedBytes = 0;
  for (const { name: ownName, source } of files) {
    const name = nameOf(ownName);
    const key = objectKeys.output(bootstrap.jobId, bootstrap.attempt, name);
    const refusal = taken.has(name)
      ? 'another file has this name'
      : (refusalOf(name, key) ?? (listedBytes > mostListedBytes ? 'there are too many files' : null));
    taken.add(name);
    try {
      if (refusal !== null) throw new Error(refusal);
      const stored = await withoutTroubles(unwanted, () => store.putFile(key, source, 'last'));
      const output = { path: name, ...stored };
      outputs.push(output);
      listedBytes += JSON.stringify(output).length;
    } catch (error) {
      if (error instanceof FencedError) throw error;
      notKept.push({ path: name, reason: nameOf(reasonOf(error)) });
    }
  }
  return notKept.length === 0 ? { outputs } : { outputs, notKept: summary(notKept) };
}

async function foundIn(folder: string): Promise<Found> {
  try {
    return await findFiles(folder);
  } catch (error) {
    if (isMachineFailure(error)) throw error;
    return { files: [], unusable: [{ name: '.', reason: messageOf(error) }] };
  }
}

function refusalOf(path: string, key: string): string | null {
  if (path.length > longest.path) return `its path is longer than ${longest.path} characters`;
  return Buffer.byteLength(key) > longest.keyBytes ? 'its path is too long for the storage' : null;
}

function summary(all: readonly { readonly path: string; readonly reason: string }[]): NotKept {
  const files = all.slice(0, mostNamed).map(({ path, reason }) => ({
    path: path.slice(0, longest.path),
    reason: reason.slice(0, longest.reason),
  }));
  return { count: all.length, files };
}

/**
 * Retries while the machine is out of file handles, memory or similar: such an error is not caused by the work itself.
 */
async function withoutTroubles<T>(unwanted: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, mostPauseMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isMachineFailure(error)) throw error;
      complain('storing outputs', error);
    }
    await pause(waitMs, unwanted);
    if (unwanted.aborted) throw new FencedError('the attempt needs no more files');
  }
}

/**
 * Stores the attempt's verdict before it is reported, so that a finished job is never run again, even if the API is
 * away.
 */
export async function writeMarker(store: RunnerStore, bootstrap: Bootstrap, marker: CompletionMarker): Promise<void> {
  await store.putText(
    objectKeys.completion(bootstrap.jobId, bootstrap.attempt),
    JSON.stringify(completionMarkerSchema.parse(marker)),
    'last',
  );
}

/** Retries `writeMarker` until the marker is stored: without a verdict the whole attempt would be run again. */
export async function insistOnMarker(
  store: RunnerStore,
  bootstrap: Bootstrap,
  marker: CompletionMarker,
  unwanted: AbortSignal,
): Promise<void> {
  const sound = completionMarkerSchema.parse(marker);
  for (let waitMs = 1000; ; waitMs = Math.min(waitMs * 2, mostPauseMs)) {
    try {
      return await writeMarker(store, bootstrap, sound);
    } catch (error) {
      // The marker may be stored although its answer was lost, so the remaining data is still offered to the API.
      if (error instanceof FencedError || unwanted.aborted) return;
      complain('writing the completion marker', error);
    }
    await pause(waitMs, unwanted);
  }
}
