import { proxyActivities } from '@temporalio/workflow';
import type { CollectorActivities } from '../../activities/contracts/index.ts';
import { heartbeatTimeout } from '../activity-proxies.ts';
import { controlQueue } from '../contracts/index.ts';
import { Timeline } from '../training/timeline.ts';

/** Items per step and round: a round takes minutes at most, even with slow storage. */
const limit = 100;
/** The next run continues after this many rounds. */
const mostRounds = 40;

/** Removes expired rows and objects, round by round until nothing is left. */
export async function collectGarbage(): Promise<{ readonly items: number }> {
  const timeline = new Timeline('Expired records', {});
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
