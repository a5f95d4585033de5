import { proxyActivities } from '@temporalio/workflow';
import type { CatalogActivities } from '../../activities/contracts/index.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { lifecycleQueue, type ProviderInput } from '../contracts/index.ts';
import { Timeline } from '../training/timeline.ts';

/** Stores a provider's offers and prices in rows, for decisions and for display. */
export async function refreshCatalog({ provider }: ProviderInput): Promise<{ readonly offers: number }> {
  const timeline = new Timeline(`Offers of ${provider}`, { Provider: provider });
  const { refreshCatalog: refresh } = proxyActivities<CatalogActivities>({
    taskQueue: lifecycleQueue(provider),
    summary: `offers of ${provider}`,
    startToCloseTimeout: '120s',
    heartbeatTimeout,
    scheduleToCloseTimeout: '300s',
    // the next refresh is the retry
    retry: { initialInterval: '5s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
  const found = await refresh({ provider });
  timeline.log(`${found.offers} offers`);
  return found;
}
