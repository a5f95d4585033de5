import { ArtenicError, isArtenicError, messageOf } from '../../core/errors.ts';
import type { AttemptRecord, ActingStore } from '../../store/types.ts';
import type { InstanceDescription, InstanceHandle, Provider } from '../providers/provider.ts';

/**
 * Throws `transient` when the attempt belongs to another machine than this adapter's: an instance that is not found
 * here may exist there, and the worker of that machine takes the next try.
 */
export async function assertOwnMachine(
  provider: Provider,
  attempt: Pick<AttemptRecord, 'id' | 'machine'>,
): Promise<void> {
  const here = await provider.machine?.();
  if (here === undefined || attempt.machine === null || attempt.machine === here) return;
  throw new ArtenicError('transient', `${attempt.id} is on ${attempt.machine}, which another worker serves.`);
}

/** Null when the provider no longer knows the instance: without its record nothing is known of its end. */
export async function describeIfKnown(provider: Provider, handle: InstanceHandle): Promise<InstanceDescription | null> {
  try {
    return await provider.describe(handle);
  } catch (error) {
    if (isArtenicError(error, 'not-found')) return null;
    throw error;
  }
}

/**
 * Whether the provider's own record shows the instance as gone. An unknown instance is no proof: a provider may not
 * know an instance that has just been made.
 */
async function isKnownGone(
  store: Pick<ActingStore, 'attempts'>,
  provider: Provider,
  handle: InstanceHandle,
): Promise<boolean> {
  try {
    const left = await provider.describe(handle);
    if (left.state !== 'gone') return false;
    await recordBilledTimes(store, left);
    return true;
  } catch (error) {
    if (isArtenicError(error)) return false;
    throw error;
  }
}

/** Stores the provider's own times of an instance, from which its cost is counted. */
export async function recordBilledTimes(
  store: Pick<ActingStore, 'attempts'>,
  { handle, state, launchedAt, endedAt }: InstanceDescription,
): Promise<void> {
  const from = launchedAt === null || state === 'starting' ? null : new Date(launchedAt);
  const until = endedAt === null || state !== 'gone' ? null : new Date(endedAt);
  if (from !== null || until !== null) await store.attempts.setBilled(handle, { from, until });
}

/**
 * Requests the instance's end. `gone` is always the provider's own report, never derived from the answer to the
 * request.
 * @param onLiving called after every try that leaves the instance alive, with the provider's error if there is one
 */
export async function endInstance(
  store: Pick<ActingStore, 'attempts'>,
  provider: Provider,
  handle: InstanceHandle,
  onLiving: (refusal: string | null) => Promise<void>,
): Promise<InstanceDescription['state']> {
  let left: InstanceDescription | null;
  try {
    await provider.terminate(handle);
    left = await describeIfKnown(provider, handle);
  } catch (error) {
    // an instance that is gone needs no end: a provider that refuses requests may still describe it
    if (await isKnownGone(store, provider, handle)) return 'gone';
    await onLiving(isArtenicError(error) ? `${error.type}: ${error.message}` : messageOf(error));
    throw error;
  }
  if (left !== null) await recordBilledTimes(store, left);
  const state = left?.state ?? 'gone';
  if (state !== 'gone') await onLiving(null);
  return state;
}
