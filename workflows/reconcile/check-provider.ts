import { proxyActivities } from '@temporalio/workflow';
import type { CheckActivities } from '../../activities/contracts/index.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { lifecycleQueue, type ProviderInput } from '../contracts/index.ts';
import { Timeline } from '../training/timeline.ts';

/** Updates a provider's row: whether it is usable, and its capacity. The API and decisions read this row. */
export async function checkProvider({ provider }: ProviderInput): Promise<{ readonly usable: boolean }> {
  const timeline = new Timeline(`Check of ${provider}`, { Provider: provider });
  const { checkProvider: check } = proxyActivities<CheckActivities>({
    taskQueue: lifecycleQueue(provider),
    summary: `check of ${provider}`,
    startToCloseTimeout: '60s',
    heartbeatTimeout,
    // without a worker on this queue the check fails, the row grows old, and `artenic doctor` reports it
    scheduleToCloseTimeout: '120s',
    // the next check is the retry
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
  const { usable, message } = await check({ provider });
  timeline.log(message);
  return { usable };
}
