import { jobStates, type JobView } from '@artenic/core';
import { z } from 'zod';
import { named } from '../schemas.ts';

/** A job with its id and state repeated under the names that clients of an earlier platform read. */
export const olderJobSchema = named.job
  .extend({ job_id: z.string(), status: z.enum(jobStates) })
  .meta({ id: 'OlderJob' });

export function olderJob(job: JobView): z.output<typeof olderJobSchema> {
  return { ...job, job_id: job.id, status: job.state };
}
