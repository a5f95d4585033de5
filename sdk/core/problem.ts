import { z } from 'zod';
import { jobStates } from './states.ts';

/** RFC 9457 problem document; `type` is one of the closed list in `core/errors.ts`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string().optional(),
  correlationId: z.string(),
  /** For invalid input: the place and the fault of each error. */
  errors: z
    .array(
      z.object({
        pointer: z.string(),
        line: z.number().int().optional(),
        column: z.number().int().optional(),
        message: z.string(),
      }),
    )
    .optional(),
  retryAfterSeconds: z.number().optional(),
  expectedOffset: z.number().int().optional(),
  /** The newest version of a dataset, after a commit that expected another one. */
  headVersion: z.number().int().optional(),
  /** For `ambiguous-id`: jobs whose id begins or ends as asked, newest first, at most ten. */
  candidates: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        service: z.string(),
        state: z.enum(jobStates),
        createdAt: z.iso.datetime(),
      }),
    )
    .optional(),
});
export type Problem = z.output<typeof problemSchema>;
