import { isArtenicError } from '../../core/errors.ts';
import { providerNamed } from '../reconcile/survey.ts';
import type { CatalogActivities } from '../contract.ts';
import type { ReconcileDeps } from '../deps.ts';
import { withFailures } from '../failures.ts';

type CatalogDeps = Pick<ReconcileDeps, 'store' | 'providers' | 'now'>;

export function createCatalogActivities(deps: CatalogDeps): CatalogActivities {
  return withFailures<CatalogActivities>({ refreshCatalog: ({ provider }) => refreshCatalog(deps, provider) });
}

/** A provider that refuses keeps its last catalog, with its age and with what it says now. */
async function refreshCatalog(
  { store, providers, now }: CatalogDeps,
  name: string,
): Promise<{ readonly offers: number }> {
  const provider = providerNamed({ providers }, name);
  const triedAt = now();
  try {
    const offers = await provider.catalog();
    await store.catalogs.put(name, offers, triedAt);
    return { offers: offers.length };
  } catch (error) {
    if (isArtenicError(error)) await store.catalogs.refused(name, error.message, triedAt);
    throw error;
  }
}
