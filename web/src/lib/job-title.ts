import type { JobView } from '@artenic/core';
import { shortId } from './format.ts';

/** Name by which a job is told from others. */
export const jobTitle = (job: Pick<JobView, 'id' | 'name'>): string => `${job.name} ${shortId(job.id)}`;
