import type { Logger } from 'pino';
import { isArtenicError, messageOf, type ErrorType } from '../../core/errors.ts';
import type { JobRecord, ProjectPrincipal, PrincipalStore } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';
import { promptly } from '../temporal/promptly.ts';
import { nothingMore, type Within } from '../within.ts';
import { findJob } from './find.ts';

export type CancelJobDeps = {
  readonly store: PrincipalStore;
  readonly temporal: Pick<TemporalGateway, 'cancelTrainingJob'>;
  readonly now: () => Date;
  readonly logger: Logger;
};

export type CancelJobInput = { readonly jobId: string; readonly principal: ProjectPrincipal };

/** Stores the request. `deliver` tells Temporal and never rejects: the relay delivers what it could not. */
async function requestCancel<Result>(
  deps: CancelJobDeps,
  { jobId, principal }: CancelJobInput,
  within: Within<JobRecord, Result>,
): Promise<{ readonly result: Result; readonly deliver: () => Promise<void> }> {
  const { temporal, now } = deps;
  const store = deps.store.as(principal);
  await findJob(store, principal, jobId);
  const result = await store.transaction(async (repositories) =>
    within(repositories, await repositories.jobs.requestCancel(jobId, principal.name, now())),
  );
  const deliver = async (): Promise<void> => {
    try {
      await temporal.cancelTrainingJob(jobId);
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
