import { longestManifestBytes, manifestAt, objectKeys, type CheckpointManifest } from '@artenic/core';
import { isArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

/** Most whole checkpoints that a runner gets. It restores the first whose files have the right hashes. */
const mostWhole = 3;
/** Most manifests that are read for that, however many checkpoints are stored. */
const mostRead = 16;

/** A job's newest checkpoints according to the storage, which also has those that a runner could not report. */
export async function storedCheckpoints(storage: ObjectStorage, jobId: string): Promise<readonly CheckpointManifest[]> {
  const keys = (await storage.list(objectKeys.checkpointPrefix(jobId))).filter((key) => key.endsWith('/manifest.json'));
  const whole: CheckpointManifest[] = [];
  for (const key of keys.toReversed().slice(0, mostRead)) {
    if (whole.length === mostWhole) break;
    try {
      const manifest = manifestAt(key, new TextDecoder().decode(await storage.read(key, longestManifestBytes)));
      if (manifest !== null) whole.push(manifest);
    } catch (error) {
      // Removed by its runner's clean-up, or too large for a manifest: the next checkpoint is older and whole.
      if (!isArtenicError(error, 'not-found') && !isArtenicError(error, 'payload-too-large')) throw error;
    }
  }
  return whole;
}
