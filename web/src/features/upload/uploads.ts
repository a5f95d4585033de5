import { useSyncExternalStore } from 'react';
import type { DatasetView } from '@artenic/core';
import { randomKey } from '../../lib/random-key.ts';
import type { ChosenFolder } from './chosen-folder.ts';
import { removeUpload, uploadOf, type UploadRecord } from './upload-records.ts';
import { UploadRun, type UploadState } from './upload-run.ts';

/** An upload of this page, which continues while other pages of the dashboard are shown. */
export type Upload = { readonly run: UploadRun; readonly record: UploadRecord; readonly state: UploadState };

let uploads: readonly Upload[] = [];
const listeners = new Set<() => void>();

function setUploads(next: readonly Upload[]): void {
  uploads = next;
  listeners.forEach((listener) => listener());
}

function begin(record: UploadRecord, folder: ChosenFolder): UploadRun {
  const run: UploadRun = new UploadRun(record, folder.files, () =>
    setUploads(uploads.map((one) => (one.run === run ? { run, record: run.record, state: run.state } : one))),
  );
  const others = uploads.filter((one) => one.record.datasetId !== record.datasetId);
  setUploads([...others, { run, record, state: run.state }]);
  void run.run();
  return run;
}

/** Uploads of this page. */
export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads,
  );
}

/** Starts an upload in place of an earlier one of the same dataset. */
export async function startUpload(
  dataset: Pick<DatasetView, 'id' | 'name' | 'version'>,
  folder: ChosenFolder,
  options: { readonly message: string; readonly keep: boolean },
): Promise<void> {
  const before = await uploadOf(dataset.id);
  if (before !== null) await removeUpload(before.id);
  const { files, bytes, name, handle } = folder;
  const place = { datasetId: dataset.id, dataset: dataset.name, folder: name, handle };
  const record = { id: randomKey(), ...place, files: files.length, bytes };
  begin({ ...record, ...options, expectedVersion: dataset.version ?? 0 }, folder);
}

/** Continues an upload of an earlier page with the files of the same folder. */
export function continueUpload(record: UploadRecord, { files, bytes, ...folder }: ChosenFolder): void {
  begin({ ...record, files: files.length, bytes }, { files, bytes, ...folder });
}

/** Takes an upload off the page; one that has not ended is ended. */
export async function dropUpload(upload: Upload): Promise<void> {
  if (upload.state.phase !== 'done') await upload.run.discard();
  setUploads(uploads.filter((one) => one.run !== upload.run));
}
