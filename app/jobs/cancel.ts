import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { JobRecord, ProjectPrincipal, PrincipalStore } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';
import { promptly } from '../temporal/promptly.ts';
import type { Within } from '../within.ts';
import { findJob } from './find.ts';

export type CancelJobDeps = {
  readonly store: PrincipalStore;
  readonly temporal: Pick<TemporalGateway, 'cancelTrainingJob'>;
  readonly now: () => Date;
  readonly logger: Logger;
};

export type CancelJobInput = { readonly jobId: string; readonly principal: ProjectPrincipal };

/** @throws ArtenicError `not-found`; `conflict` when the job has ended */
export async function cancelJob<Result>(
  deps: CancelJobDeps,
  { jobId, principal }: CancelJobInput,
  within: Within<JobRecord, Result>,
): Promise<Result> {
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
      // The cancel is stored: the relay delivers it when Temporal is back.
      deps.logger.warn({ jobId, error: messageOf(error) }, 'the cancel is delivered later');
    }
  };
  await promptly(deliver());
  return result;
}
