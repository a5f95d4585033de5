import { providerModules } from '../../activities/providers/registry.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';
import type { Served } from './queues.ts';

/**
 * Says of each provider that this process would serve, and whose options are gone, that it is not configured: from then on
 * nothing is launched by what it offered before, and jobs go to their other providers. A worker elsewhere that still has its
 * options takes the word back with its next refresh.
 */
export async function refuseUnconfigured(
  { catalogs }: Pick<ActingStore, 'catalogs'>,
  served: Served,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const known = new Set((await catalogs.list()).map(({ provider }) => provider));
  const gone = [...providerModules.values()].filter(
    ({ name, configure }) => known.has(name) && served.isProviderServed(name) && configure(environment) === null,
  );
  for (const { name, configuredBy } of gone) {
    const message = `The provider ${name} is not configured any more. ${configuredBy}`;
    await catalogs.refused(name, new ArtenicError('auth', message), new Date());
  }
  return gone.map(({ name }) => name);
}
