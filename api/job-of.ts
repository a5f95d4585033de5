import { ArtenicError } from '../core/errors.ts';
import type { JobRecord } from '../store/types.ts';
import type { Context } from './route.ts';

/** The caller's job; another project's is not there for them. */
export async function jobOf(
  { deps, principal }: Pick<Context<unknown, unknown, unknown>, 'deps' | 'principal'>,
  id: string,
): Promise<JobRecord> {
  const job = await deps.store.jobs.find(id);
  if (job === null || job.projectId !== principal().projectId)
    throw new ArtenicError('not-found', `There is no job ${id}.`);
  return job;
}
