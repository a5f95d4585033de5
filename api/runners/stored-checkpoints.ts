import { longestManifestBytes, manifestAt, objectKeys, type CheckpointManifest } from '@artenic/core';
import { isArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

/** So many whole ones are told to a runner, which takes the first of them whose files are as their hashes say. */
const mostWhole = 3;
/** So many are read for that, however many an attempt has stored. */
const mostRead = 16;

/** A job's newest checkpoints as storage has them: it knows also those that a runner could not tell us of. */
export async function storedCheckpoints(storage: ObjectStorage, jobId: string): Promise<readonly CheckpointManifest[]> {
  const keys = (await storage.list(objectKeys.checkpointPrefix(jobId))).filter((key) => key.endsWith('/manifest.json'));
  const whole: CheckpointManifest[] = [];
  for (const key of keys.toReversed().slice(0, mostRead)) {
    if (whole.length === mostWhole) break;
    try {
      const manifest = manifestAt(key, new TextDecoder().decode(await storage.read(key, longestManifestBytes)));
      if (manifest !== null) whole.push(manifest);
    } catch (error) {
      // removed by its own runner's clean-up, or too large to be one: the next one is older and whole
      if (!isArtenicError(error, 'not-found') && !isArtenicError(error, 'payload-too-large')) throw error;
    }
  }
  return whole;
}
