import { listenForJobEndings } from '../../../workflows/job-endings.ts';
import type { JobEnded } from '../../../core/jobs/ended.ts';

/** Waits for the ends of several jobs in parallel. */
export async function waitsForJobs(jobIds: readonly string[]): Promise<readonly JobEnded[]> {
  const endings = listenForJobEndings();
  return Promise.all(jobIds.map((jobId) => endings.of(jobId)));
}
