import { ArtenicError } from '../../core/errors.ts';
import type { ProviderRecord } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';

/**
 * What is known of a provider. The row is written by the worker beside it, a moment after its first start.
 * Throws `validation-failed` for a name that nobody knows, `not-ready` before the first check.
 */
export async function providerRow({ store, providers }: ControlDeps, name: string): Promise<ProviderRecord> {
  const row = await store.providers.find(name);
  if (row !== null) return row;
  if (!providers.has(name)) {
    const known = [...providers.keys()].join(', ');
    throw new ArtenicError('validation-failed', `There is no provider \`${name}\`. Known: ${known}.`);
  }
  throw new ArtenicError('not-ready', `The provider ${name} has not been checked yet.`);
}
