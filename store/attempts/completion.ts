import { completionMarkerSchema, hasOwnOutputs, objectKeys, type CompletionMarker } from '@artenic/core';
import { isArtenicError } from '../../core/errors.ts';
import { leavesWorkUndone } from '../../core/jobs/stop-reasons.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

/** A marker lists every output; a marker with a hundred thousand files still fits. */
const maxMarkerBytes = 64 * 1024 * 1024;

type Completion =
  | { readonly kind: 'marker'; readonly marker: CompletionMarker }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly problem: string };

type AttemptKey = { readonly id: string; readonly jobId: string; readonly attempt: number };

/** Read from the completion marker, because the runner's report to the API may arrive late or be lost. */
export async function hasCompleted(storage: ObjectStorage, attempt: AttemptKey): Promise<boolean> {
  const completion = await readCompletion(storage, attempt);
  return completion.kind === 'marker' && !leavesWorkUndone(completion.marker.reason);
}

/** The attempt's completion marker, from the key where its runner stored it. */
export async function readCompletion(storage: ObjectStorage, attempt: AttemptKey): Promise<Completion> {
  const key = objectKeys.completion(attempt.jobId, attempt.attempt);
  let bytes: Uint8Array;
  try {
    bytes = await storage.read(key, maxMarkerBytes);
  } catch (error) {
    if (isArtenicError(error, 'not-found')) return { kind: 'none' };
    if (isArtenicError(error, 'payload-too-large')) return { kind: 'unreadable', problem: error.message };
    throw error;
  }
  const parsed = completionMarkerSchema.safeParse(parseJson(bytes));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { kind: 'unreadable', problem: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const { data: marker } = parsed;
  if (marker.attemptId !== attempt.id) return { kind: 'unreadable', problem: `it is signed by ${marker.attemptId}` };
  if (!hasOwnOutputs(marker, attempt))
    return { kind: 'unreadable', problem: 'it lists an object that is not of its attempt' };
  return { kind: 'marker', marker };
}

/** Undefined for anything but JSON; no schema accepts undefined. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
