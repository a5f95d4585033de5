import type { Logger } from 'pino';
import { assertNever } from '../../core/assert-never.ts';
import { isArtenicError, messageOf } from '../../core/errors.ts';
import { afterFailure } from '../../core/outbox/retry.ts';
import type { ActingStore, NoticeRecord } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';

export type DeliverNoticeDeps = {
  readonly store: ActingStore;
  readonly temporal: Pick<TemporalGateway, 'signalJobEnded'>;
  readonly logger: Logger;
  readonly now: () => Date;
};

/** Sends a message to its target, by the target's kind. */
function send({ temporal }: DeliverNoticeDeps, { target, ended }: NoticeRecord): Promise<void> {
  switch (target.kind) {
    case 'workflow':
      return temporal.signalJobEnded(target.id, ended);
    default:
      return assertNever(target.kind);
  }
}

/**
 * Delivers a message, at least once. A missing target is given up at once, a failing one after a bounded number of
 * tries; both are logged, and the row has the reason. @throws ArtenicError `unavailable` while the receiving server is
 * away, which does not count as a try
 */
export async function deliverNotice(deps: DeliverNoticeDeps, notice: NoticeRecord): Promise<void> {
  const { outbox } = deps.store;
  try {
    await send(deps, notice);
  } catch (error) {
    if (isArtenicError(error, 'unavailable')) throw error;
    return recordFailure(deps, notice, error);
  }
  await outbox.delivered(notice.id, deps.now());
}

async function recordFailure(deps: DeliverNoticeDeps, notice: NoticeRecord, failure: unknown): Promise<void> {
  const { store, logger, now } = deps;
  const { id, target, ended } = notice;
  const error = messageOf(failure);
  const about = { jobId: ended.jobId, target, tries: notice.tries + 1, error };
  const next = isArtenicError(failure, 'not-found')
    ? ({ kind: 'give-up' } as const)
    : afterFailure({ tries: notice.tries + 1, nowMs: now().getTime() });
  switch (next.kind) {
    case 'retry':
      logger.warn(about, "a job's end is told later");
      return store.outbox.failed(id, { error, nextTryAt: new Date(next.atMs) });
    case 'give-up':
      logger.error(about, "a job's end could not be told, and is not tried again");
      return store.outbox.giveUp(id, { error, at: now() });
    default:
      return assertNever(next);
  }
}
