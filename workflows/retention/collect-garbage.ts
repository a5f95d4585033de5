import { proxyActivities } from '@temporalio/workflow';
import type { CollectorActivities } from '../../activities/contract.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { controlQueue } from '../contracts.ts';
import { Timeline } from '../training/timeline.ts';

/** Items of each step in a round: a round stays within minutes also where the storage is slow. */
const limit = 100;
/** What is left then is the next run's. */
const mostRounds = 40;

/** Removes what has served its time, round by round until nothing is left. */
export async function collectGarbage(): Promise<{ readonly items: number }> {
  const timeline = new Timeline('What has served its time', {});
  const { collectGarbage: collect } = proxyActivities<CollectorActivities>({
    taskQueue: controlQueue,
    summary: 'a round of the collector',
    startToCloseTimeout: '9m',
    heartbeatTimeout,
    // the next run is the retry
    retry: { initialInterval: '10s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
  let items = 0;
  for (let round = 0; round < mostRounds; round++) {
    const { isBusy, steps } = await collect({ limit });
    if (isBusy) {
      timeline.log('another run is at work');
      break;
    }
    for (const step of steps) {
      items += step.items;
      if (step.items > 0)
        timeline.log(
          `${step.step}: ${step.items} items, ${step.rows} rows, ${step.objects} objects, ${step.bytes} bytes`,
        );
    }
    if (!steps.some(({ isMore }) => isMore)) break;
  }
  return { items };
}
