import type { Logger } from 'pino';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import { messageOf } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';

/** The doctor counts a process as gone after six missing reports. */
const reportEveryMs = 5000;

/** Records that this process takes work, so that a process that is gone is noticed. */
export function reportPresence(deps: {
  readonly store: Pick<ActingStore, 'workers'>;
  readonly id: string;
  /** `control` and the names of the providers that the process serves. */
  readonly queues: readonly string[];
  readonly isWorking: () => boolean;
  readonly logger: Logger;
}): Loop {
  const { store, id, queues, isWorking, logger } = deps;
  return everyMs(reportEveryMs, async () => (isWorking() ? store.workers.alive({ id, queues }) : undefined), {
    onError: (error) => logger.warn({ error: messageOf(error) }, 'the worker could not report that it is alive'),
  });
}
