import { bestMetric, isTerminalJobState, type JobView } from '@artenic/core';
import { costOfJob } from '../../core/cost/cost.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { Reads } from '../../store/reads.ts';
import type { JobRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { jobView, type JobFacts } from './views.ts';

async function queuePositions(
  { capacity }: Pick<Reads, 'capacity'>,
  jobs: readonly JobRecord[],
): Promise<ReadonlyMap<string, number>> {
  const waiting = jobs.filter((job) => job.state === 'waiting').map((job) => attemptIdOf(job.id, job.currentAttempt));
  const positions = await capacity.positions(waiting);
  return new Map([...positions].map(([attemptId, place]) => [attemptId.split('/')[0] ?? '', place]));
}

/** Reads what is not in the rows of these jobs, by one query for each kind of fact. */
async function factsOfJobs(
  now: Date,
  repositories: Pick<Reads, 'attempts' | 'metrics'>,
  jobs: readonly JobRecord[],
): Promise<(job: JobRecord) => Omit<JobFacts, 'queuePosition'>> {
  const ids = jobs.map(({ id }) => id);
  // One after the other: in a transaction they share a connection.
  const billed = await repositories.attempts.billedByJobs(ids);
  const series = await repositories.metrics.extremes(ids);
  return (job) => {
    const attempts = billed.get(job.id) ?? [];
    const training = attempts.filter(({ runningAt, endedAt }) => runningAt !== null && endedAt === null);
    const newest = training.toSorted((a, b) => b.attempt - a.attempt)[0];
    return {
      cost: costOfJob(attempts, isTerminalJobState(job.state), now),
      trainingSince: newest?.runningAt?.toISOString() ?? null,
      bestMetric: bestMetric(series.get(job.id) ?? [], job.spec.outputs.metrics),
    };
  };
}

/** Views of the jobs, with their places in the queue, their costs and their best metrics. */
export async function viewsOfJobs(
  { store, now }: Pick<ApiDeps, 'store' | 'now'>,
  jobs: readonly JobRecord[],
): Promise<readonly JobView[]> {
  const [positions, facts] = await Promise.all([queuePositions(store, jobs), factsOfJobs(now(), store, jobs)]);
  return jobs.map((job) => jobView(job, { queuePosition: positions.get(job.id) ?? null, ...facts(job) }));
}

/** View of a job within a transaction. */
export async function viewWithin(
  { now }: Pick<ApiDeps, 'now'>,
  repositories: Pick<Reads, 'attempts' | 'metrics'>,
  job: JobRecord,
): Promise<JobView> {
  const facts = await factsOfJobs(now(), repositories, [job]);
  return jobView(job, { queuePosition: null, ...facts(job) });
}
