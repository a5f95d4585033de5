import { isTerminalJobState, type Cost, type JobView } from '@artenic/core';
import { costOfJob } from '../../core/cost/cost.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { Reads } from '../../store/reads.ts';
import type { JobRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { jobView } from './views.ts';

async function queuePositions(deps: ApiDeps, jobs: readonly JobRecord[]): Promise<ReadonlyMap<string, number>> {
  const waiting = jobs.filter((job) => job.state === 'waiting').map((job) => attemptIdOf(job.id, job.currentAttempt));
  const positions = await deps.store.capacity.positions(waiting);
  return new Map([...positions].map(([attemptId, place]) => [attemptId.split('/')[0] ?? '', place]));
}

/** Views of the jobs, with their places in the queue and their costs. */
export async function viewsOfJobs(deps: ApiDeps, jobs: readonly JobRecord[]): Promise<readonly JobView[]> {
  const [positions, costs] = await Promise.all([queuePositions(deps, jobs), costsOfJobs(deps, deps.store, jobs)]);
  return jobs.map((job) => jobView(job, positions.get(job.id) ?? null, costs(job)));
}

export async function costsOfJobs(
  { now }: Pick<ApiDeps, 'now'>,
  { attempts }: Pick<Reads, 'attempts'>,
  jobs: readonly JobRecord[],
): Promise<(job: JobRecord) => Cost> {
  const billed = await attempts.billedByJobs(jobs.map(({ id }) => id));
  return (job) => costOfJob(billed.get(job.id) ?? [], isTerminalJobState(job.state), now());
}
