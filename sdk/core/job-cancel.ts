import { z } from 'zod';
import { jobFilterSchema } from './job-list.ts';
import { jobStates } from './states.ts';

/** Most jobs that one request cancels. */
export const mostCancelled = 1000;

/** Body of a job's cancel. Without it the attempt gets its grace for a last checkpoint. */
export const cancelJobRequestSchema = z.strictObject({
  now: z.boolean().default(false).meta({
    description:
      'End the machine at once: the work since the last checkpoint is lost. Also speeds up an earlier cancel.',
  }),
});

/** Jobs by their ids, or all open jobs that a filter finds. */
export const cancelJobsRequestSchema = z.union([
  z.strictObject({ ids: z.array(z.uuid()).min(1).max(mostCancelled) }).meta({ id: 'CancelJobsByIds' }),
  z
    .strictObject({
      filter: jobFilterSchema,
      expected: z.number().int().min(1).max(mostCancelled).meta({
        description: 'Number of open jobs that the filter is expected to find; nothing is done when it finds others.',
      }),
    })
    .meta({ id: 'CancelJobsByFilter' }),
]);

export const cancelJobsAnswerSchema = z.object({
  /** Jobs whose end is asked for, now or before. */
  requested: z.array(z.object({ id: z.string(), name: z.string(), state: z.enum(jobStates) })),
  /** Jobs that had ended, and ids of no job. */
  refused: z.array(z.object({ id: z.string(), type: z.string(), detail: z.string() })),
});
export type CancelJobsAnswer = z.output<typeof cancelJobsAnswerSchema>;
