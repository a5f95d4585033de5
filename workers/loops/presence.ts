import type { Logger } from 'pino';
import { everyMs, type Loop } from '../../app/loops/every.ts';
import { messageOf } from '../../core/errors.ts';
import type { ActingStore, TemporalProblem } from '../../store/types.ts';

/** The doctor counts a process as gone after six missing reports. */
const reportEveryMs = 5000;

/** Records that this process runs and what it takes work from, so that a process that is gone is noticed. */
export function reportPresence(deps: {
  readonly store: Pick<ActingStore, 'workers'>;
  readonly id: string;
  /** `control` and the names of the providers that the process serves now; none while it cannot work. */
  readonly queues: () => readonly string[];
  readonly temporalProblems: () => readonly TemporalProblem[];
  readonly logger: Logger;
}): Loop {
  const { store, id, logger } = deps;
  const report = async (): Promise<void> => {
    const [queues, temporalProblems] = [deps.queues(), deps.temporalProblems()];
    if (queues.length > 0 || temporalProblems.length > 0) await store.workers.alive({ id, queues, temporalProblems });
  };
  return everyMs(reportEveryMs, report, {
    onError: (error) => logger.warn({ error: messageOf(error) }, 'the worker could not report that it is alive'),
  });
}
