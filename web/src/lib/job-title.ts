import { shortId, type JobView } from '@artenic/core';

/** Name by which a job is told from others. */
export const jobTitle = (job: Pick<JobView, 'id' | 'name'>): string => `${job.name} ${shortId(job.id)}`;
