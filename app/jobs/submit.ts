import { modelNameOf, type JobSpec } from '@artenic/core';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import { nameOfDifferences, numberedName } from '../../core/jobs/name.ts';
import type { ActingStore, JobRecord, ProjectPrincipal } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';
import { promptly } from '../temporal/promptly.ts';
import type { Within } from '../within.ts';
import { resolveData } from './resolve-data.ts';
import { checkFeasible, type FeasibilityDeps } from './feasibility.ts';

export type SubmitJobDeps = FeasibilityDeps & {
  readonly temporal: Pick<TemporalGateway, 'startTrainingJob'>;
  readonly now: () => Date;
  readonly logger: Logger;
};

export type SubmitJobInput = {
  /** The same id means the same submit: an activity that Temporal retries passes its earlier id again. */
  readonly jobId: string;
  readonly principal: ProjectPrincipal;
  readonly spec: JobSpec;
};

/** Differences in configuration from the service's last job, else the service and a number. */
async function defaultName({ jobs }: ActingStore, projectId: string, { service, config }: JobSpec): Promise<string> {
  const earlier = await jobs.newestConfig(projectId, service);
  const differences = earlier === null ? '' : nameOfDifferences(config, earlier);
  return differences === '' ? numberedName(service, await jobs.nextNumber(projectId, service)) : differences;
}

/**
 * First the row, in one transaction with the caller's part; then the workflow, which the relay starts if this call
 * fails to.
 */
export async function submitJob<Result>(
  deps: SubmitJobDeps,
  { jobId, principal, spec: given }: SubmitJobInput,
  within: Within<JobRecord, Result>,
): Promise<Result> {
  const { temporal, now } = deps;
  const store = deps.store.as(principal);
  const { spec, datasets } = await resolveData(deps.store, principal.projectId, given);
  await checkFeasible(deps, spec);
  const name = spec.name ?? (await defaultName(store, principal.projectId, spec));
  const result = await store.transaction(async (repositories) => {
    const named = { ...spec, model: modelNameOf(spec) };
    const job = await repositories.jobs.insert({ id: jobId, name, spec: named, datasets, principal, createdAt: now() });
    return within(repositories, job);
  });
  const start = async (): Promise<void> => {
    try {
      await temporal.startTrainingJob(jobId, { adopt: false, name, service: spec.service });
      await store.jobs.markWorkflowStarted(jobId, now());
    } catch (error) {
      // The job is accepted: the relay starts its workflow when Temporal is back.
      deps.logger.warn({ jobId, error: messageOf(error) }, 'the workflow is started later');
    }
  };
  await promptly(start());
  return result;
}
