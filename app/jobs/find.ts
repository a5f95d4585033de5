import { ArtenicError } from '../../core/errors.ts';
import type { JobRecord, Store } from '../../store/types.ts';

/** The project's job. A job of another project counts as not existing. @throws ArtenicError `not-found` */
export async function findJob(
  { jobs }: Pick<Store, 'jobs'>,
  { projectId }: { readonly projectId: string },
  id: string,
): Promise<JobRecord> {
  const job = await jobs.find(id);
  if (job === null || job.projectId !== projectId) throw new ArtenicError('not-found', `There is no job ${id}.`);
  return job;
}
