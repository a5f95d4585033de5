import { completionMarkerSchema, objectKeys, type Bootstrap, type CompletionMarker } from '@artenic/core';
import { join } from 'node:path';
import type { Folders } from './folders.ts';
import { filesBelow, type RunnerStore } from './object-store.ts';

/** Uploads what the command left in its output folder. */
export async function uploadOutputs(
  store: RunnerStore,
  bootstrap: Bootstrap,
  folders: Folders,
): Promise<CompletionMarker['outputs']> {
  const outputs = [];
  for (const path of await filesBelow(folders.outputs)) {
    const { key, bytes, sha256 } = await store.putFile(
      objectKeys.output(bootstrap.jobId, bootstrap.attempt, path),
      join(folders.outputs, path),
      'last',
    );
    outputs.push({ path, key, bytes, sha256 });
  }
  return outputs;
}

/** The attempt's verdict, in storage before anybody is told: a finished job is never run again, whoever was away. */
export async function writeMarker(store: RunnerStore, bootstrap: Bootstrap, marker: CompletionMarker): Promise<void> {
  await store.putText(
    objectKeys.completion(bootstrap.jobId, bootstrap.attempt),
    JSON.stringify(completionMarkerSchema.parse(marker)),
    'last',
  );
}
