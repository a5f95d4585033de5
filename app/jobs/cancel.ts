import type { Logger } from 'pino';
import { isArtenicError, messageOf, type ErrorType } from '../../core/errors.ts';
import type { Reads } from '../../store/reads.ts';
import type { JobRecord, ProjectPrincipal, PrincipalStore } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';
import { promptly } from '../temporal/promptly.ts';
import { nothingMore, type Within } from '../within.ts';
import { findJob } from './find.ts';

export type CancelJobDeps = {
  readonly store: PrincipalStore;
  readonly temporal: Pick<TemporalGateway, 'cancelTrainingJob' | 'signalEndNow'>;
  readonly now: () => Date;
  readonly logger: Logger;
};

export type CancelJobInput = {
  readonly jobId: string;
  readonly principal: ProjectPrincipal;
  /** The attempt gets no grace for a last checkpoint. */
  readonly isNow?: boolean;
};

/**
 * Tells Temporal: the job's workflow is cancelled, and without a grace its attempts, which may be stopping already, end
 * at once. May be repeated.
 */
export async function deliverCancel(
  { store, temporal }: { readonly store: Pick<Reads, 'attempts'>; readonly temporal: CancelJobDeps['temporal'] },
  { id, cancelNowAt }: Pick<JobRecord, 'id' | 'cancelNowAt'>,
): Promise<void> {
  await temporal.cancelTrainingJob(id);
  if (cancelNowAt === null) return;
  const open = (await store.attempts.listByJob(id)).filter(({ endedAt }) => endedAt === null);
  for (const attempt of open)
    try {
      await temporal.signalEndNow(attempt.id);
    } catch (error) {
      // Its workflow has ended, or begins only now and reads the request itself.
      if (!isArtenicError(error, 'not-found')) throw error;
    }
}

/** Stores the request. `deliver` tells Temporal and never rejects: the relay delivers what it could not. */
async function requestCancel<Result>(
  deps: CancelJobDeps,
  { jobId, principal, isNow = false }: CancelJobInput,
  within: Within<JobRecord, Result>,
): Promise<{ readonly result: Result; readonly deliver: () => Promise<void> }> {
  const { temporal, now } = deps;
  let cancelNowAt: Date | null = null;
  const store = deps.store.as(principal);
  await findJob(store, principal, jobId);
  const result = await store.transaction(async (repositories) => {
    const job = await repositories.jobs.requestCancel(jobId, principal.name, now(), { isNow });
    cancelNowAt = job.cancelNowAt;
    return within(repositories, job);
  });
  const deliver = async (): Promise<void> => {
    try {
      await deliverCancel({ store, temporal }, { id: jobId, cancelNowAt });
      await store.jobs.markCancelDelivered(jobId, now());
    } catch (error) {
      deps.logger.warn({ jobId, error: messageOf(error) }, 'the cancel is delivered later');
    }
  };
  return { result, deliver };
}

/** @throws ArtenicError `not-found`; `conflict` when the job has ended */
export async function cancelJob<Result>(
  deps: CancelJobDeps,
  input: CancelJobInput,
  within: Within<JobRecord, Result>,
): Promise<Result> {
  const { result, deliver } = await requestCancel(deps, input, within);
  await promptly(deliver());
  return result;
}

/** Cancels requested at once; each holds a connection of the pool. */
const pieceSize = 8;

export type CancelledJobs = {
  readonly requested: readonly JobRecord[];
  readonly refused: readonly { readonly jobId: string; readonly type: ErrorType; readonly message: string }[];
};

/**
 * Asks for the end of many jobs, a few at a time. A job that has ended or is not there refuses only itself. Asking again
 * changes nothing more. When Temporal is slow, the rest is left to the relay: the requests are stored.
 */
export async function cancelJobs(
  deps: CancelJobDeps,
  principal: ProjectPrincipal,
  jobIds: readonly string[],
): Promise<CancelledJobs> {
  const requested: JobRecord[] = [];
  const refused: CancelledJobs['refused'][number][] = [];
  let isSlow = false;
  const request = async (jobId: string): Promise<() => Promise<void>> => {
    try {
      const { result, deliver } = await requestCancel(deps, { jobId, principal }, nothingMore);
      requested.push(result);
      return deliver;
    } catch (error) {
      if (!isArtenicError(error, 'conflict') && !isArtenicError(error, 'not-found')) throw error;
      refused.push({ jobId, type: error.type, message: error.message });
      return () => Promise.resolve();
    }
  };
  for (let from = 0; from < jobIds.length; from += pieceSize) {
    const deliveries = await Promise.all(jobIds.slice(from, from + pieceSize).map(request));
    if (isSlow) continue;
    isSlow = true;
    const telling = Promise.all(deliveries.map((deliver) => deliver())).then(() => {
      isSlow = false;
    });
    await promptly(telling);
  }
  return { requested, refused };
}
