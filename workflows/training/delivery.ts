import { condition } from '@temporalio/workflow';
import { deliveryPoll, retryRefusals } from '../activity-proxies.ts';
import type { Timeline } from './timeline.ts';

/**
 * The command of a stopped attempt is over and its last files are on their way: until they are there, do not move any more,
 * or have had the time that the job grants them. The look is repeated by the server, so that it takes three events of
 * history however long the delivery is.
 * @param sinceMs when the command's graces ended
 * @param isOver whether the runner has said that all is delivered, or its instance is gone
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
