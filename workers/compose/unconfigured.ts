import { providerModules } from '../../activities/providers/registry.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';
import type { Served } from './queues.ts';

/**
 * Marks each provider that this process would serve, but whose options were removed, as not configured. From then on
 * its earlier offers are not launched, and jobs go to other providers. A worker elsewhere that still has the options
 * clears the mark with its next refresh.
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
