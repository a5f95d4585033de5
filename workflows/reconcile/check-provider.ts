import { proxyActivities } from '@temporalio/workflow';
import type { CheckActivities } from '../../activities/contract.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { lifecycleQueue, type ProviderInput } from '../contracts.ts';
import { Timeline } from '../training/timeline.ts';

/** Whether a provider can be used, and what it has: the row that the API and decisions read. */
export async function checkProvider({ provider }: ProviderInput): Promise<{ readonly usable: boolean }> {
  const timeline = new Timeline(`Check of ${provider}`, { Provider: provider });
  const { checkProvider: check } = proxyActivities<CheckActivities>({
    taskQueue: lifecycleQueue(provider),
    summary: `check of ${provider}`,
    startToCloseTimeout: '60s',
    heartbeatTimeout,
    // nobody serves this queue: the row grows old, and `artenic doctor` says so
    scheduleToCloseTimeout: '120s',
    // the next check is the retry
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
  const { usable, message } = await check({ provider });
  timeline.log(message);
  return { usable };
}
