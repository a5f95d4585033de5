import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import { parseAttemptId } from '../../core/ids.ts';
import type { ActingStore, WorkflowEvent } from '../../store/types.ts';
import { ifThere } from '../temporal/if-there.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';

type Deps = {
  readonly store: ActingStore;
  readonly temporal: TemporalGateway;
  readonly logger: Logger;
  readonly now: () => Date;
};

const mostAtOnce = 100;

async function tell({ temporal }: Deps, attemptId: string, event: WorkflowEvent): Promise<void> {
  // The provider takes the machine back: the failover chooses a replacement at once.
  const jobId = event.kind === 'notice' ? parseAttemptId(attemptId)?.jobId : undefined;
  if (jobId !== undefined) await ifThere(temporal.wakeFailover(jobId));
  await ifThere(temporal.signalRunnerEvent(attemptId, event));
}

/**
 * Sends a runner's events to the attempt's workflow, in order of arrival. Stops at the first failure and returns false.
 */
export async function deliverRunnerEvents(deps: Deps, attemptId: string): Promise<boolean> {
  const { runnerEvents } = deps.store;
  for (const { eventId, event } of await runnerEvents.undelivered(attemptId, mostAtOnce)) {
    try {
      await tell(deps, attemptId, event);
    } catch (error) {
      deps.logger.warn({ attemptId, eventId, error: messageOf(error) }, 'the event of a runner is delivered later');
      await runnerEvents.failed(attemptId, eventId);
      return false;
    }
    await runnerEvents.delivered(attemptId, eventId, deps.now());
  }
  return true;
}
