import { ArtenicError } from '../../core/errors.ts';
import type { ProviderRecord } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';

/**
 * The provider's row, which the worker that serves it writes at its start. Throws `validation-failed` for a name that
 * no worker has served yet: no job can be submitted with it.
 */
export async function providerRow({ store }: Pick<ControlDeps, 'store'>, name: string): Promise<ProviderRecord> {
  const row = await store.providers.find(name);
  if (row !== null) return row;
  const known = (await store.providers.list()).map((one) => one.name).join(', ');
  throw new ArtenicError('validation-failed', `There is no provider \`${name}\`. Known: ${known}.`);
}
