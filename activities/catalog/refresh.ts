import { dueOf } from '../../core/catalog/freshness.ts';
import { isArtenicError } from '../../core/errors.ts';
import { providerNamed } from '../reconcile/survey.ts';
import type { CatalogActivities, CatalogInput } from '../contracts/index.ts';
import type { ReconcileDeps } from '../deps.ts';
import { withFailures } from '../failures.ts';
import type { Provider } from '../providers/provider.ts';

type CatalogDeps = Pick<ReconcileDeps, 'store' | 'providers' | 'now'>;
type Refreshed = { readonly offers: number };

export function createCatalogActivities(deps: CatalogDeps): CatalogActivities {
  const underWay = new Map<string, Promise<Refreshed>>();
  /**
   * Providers whose full catalog this process has read. Its configuration may differ from that of the previous process.
   */
  const whole = new Set<string>();

  async function refresh({ provider: name, isAsked }: CatalogInput): Promise<Refreshed> {
    const provider = providerNamed(deps, name);
    const known = (await deps.store.catalogs.find(name)) ?? undefined;
    const due = dueOf(known, { hasSpot: provider.capabilities.spot, isAsked: isAsked === true });
    const part = whole.has(name) ? due : 'all';
    if (part === 'nothing') return { offers: 0 };
    const refreshed = await read(deps, provider, part);
    if (part === 'all') whole.add(name);
    return refreshed;
  }

  return withFailures<CatalogActivities>({
    // many jobs that wait for the same provider request its refresh at once; they share a single call
    refreshCatalog: (input) => {
      const running = underWay.get(input.provider);
      if (running !== undefined) return running;
      const started = refresh(input).finally(() => underWay.delete(input.provider));
      underWay.set(input.provider, started);
      return started;
    },
  });
}

/** A provider that refuses keeps its last catalog, with its age and the new error. */
async function read({ store, now }: CatalogDeps, provider: Provider, part: 'all' | 'spot'): Promise<Refreshed> {
  const { name } = provider;
  const triedAt = now();
  try {
    const offers = await provider.catalog(part);
    await store.catalogs.put(name, offers, part, triedAt);
    return { offers: offers.length };
  } catch (error) {
    if (isArtenicError(error)) await store.catalogs.refused(name, error, triedAt);
    throw error;
  }
}
