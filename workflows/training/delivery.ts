import { condition } from '@temporalio/workflow';
import { deliveryPoll, retryRefusals } from '../activity-proxies.ts';
import type { Timeline } from './timeline.ts';

/**
 * Waits while a stopped attempt whose command is over delivers its last files: until all are delivered, no byte moves
 * any more, or the job's delivery grace is over. The server repeats the poll, so a delivery of any length takes three
 * history events.
 * @param sinceMs when the command's graces ended
 * @param isOver whether the runner has reported the end of the delivery, or its instance is gone
 */
export async function awaitDelivery(
  attemptId: string,
  sinceMs: number,
  isOver: () => boolean,
  timeline: Timeline,
): Promise<void> {
  const delivery = { isOver: false };
  void retryRefusals(
    () => deliveryPoll.awaitDelivery({ attemptId, sinceMs }),
    (refusal) => timeline.log(`asking for the delivery: ${refusal}`),
  ).then((state) => {
    delivery.isOver = true;
    if (state === 'stalled' || state === 'overdue') timeline.log(`the delivery of the last files is ${state}`);
  });
  await condition(() => delivery.isOver || isOver());
}
