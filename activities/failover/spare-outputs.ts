import { objectKeys, type CompletionMarker } from '@artenic/core';
import { isArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

/**
 * Copies outputs to their regular keys that a runner stored under spare names while the API was away. An output that
 * does not match the marker is left out: readers of the marker would reject its hash, too.
 */
export async function moveSpareOutputs(
  storage: ObjectStorage,
  { jobId, attempt }: { readonly jobId: string; readonly attempt: number },
  { outputs }: Pick<CompletionMarker, 'outputs'>,
): Promise<void> {
  const spares = objectKeys.spares(jobId, attempt);
  for (const { key, path, bytes, sha256 } of outputs) {
    if (!key.startsWith(spares)) continue;
    const proper = objectKeys.output(jobId, attempt, path);
    if ((await storage.head(proper))?.bytes === bytes) continue;
    try {
      await storage.put(proper, await storage.get(key), { sha256 });
    } catch (error) {
      if (!isArtenicError(error, 'not-found') && !isArtenicError(error, 'validation-failed')) throw error;
    }
  }
}
