import { z } from 'zod';
import { jobStates, type JobState } from './states.ts';

const sortFields = ['submittedAt', 'name', 'service', 'state', 'costUsdMicros', 'durationMs'] as const;
export type JobSortField = (typeof sortFields)[number];

/** Orders of the list of jobs; `-` is descending. */
export const jobSorts = sortFields.flatMap((field) => [field, `-${field}`] as const);
export type JobSort = JobSortField | `-${JobSortField}`;
export const defaultJobSort: JobSort = '-submittedAt';

export const markets = ['spot', 'on-demand'] as const;
export type Market = (typeof markets)[number];

const timestamp = z.iso.datetime({ offset: true });
const listOf = <T extends z.ZodType>(item: T, most: number) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item).min(1).max(most));

/** Filters of the list of jobs; all that are given must hold. */
export const jobFilterFields = {
  state: z
    .preprocess(
      (value) =>
        (typeof value === 'string' ? [value] : Array.isArray(value) ? value : undefined)?.flatMap((one) =>
          String(one).split(','),
        ) ?? value,
      z.array(z.enum(jobStates)).min(1).max(64),
    )
    .optional()
    .meta({ description: 'States; repeat it, or separate them by commas.' }),
  service: z.string().min(1).max(63).optional(),
  label: listOf(
    z
      .string()
      .min(2)
      .max(320)
      .regex(/^[^=]{1,63}=/, 'a label as key=value'),
    16,
  )
    .optional()
    .meta({ description: 'A label as `key=value`; repeat it for several, all of which must hold.' }),
  provider: z.string().min(1).max(63).optional().meta({
    description: 'Provider of the newest attempt; of a job without attempts the only one that it may run on.',
  }),
  market: z.enum(markets).optional(),
  submittedBy: z.string().min(1).max(255).optional(),
  since: timestamp.optional().meta({ description: 'Submitted at this time or later.' }),
  until: timestamp.optional().meta({ description: 'Submitted before this time.' }),
  search: z.string().min(1).max(100).optional().meta({
    description:
      "Words, or beginnings of words, of a job's name, service, model, labels and message; or the beginning or end of its id.",
  }),
} as const;

export const jobFilterSchema = z.strictObject(jobFilterFields);

/** Filters as a program gives them. */
export type JobFilter = {
  readonly state?: JobState | readonly JobState[];
  readonly service?: string;
  /** Each as `key=value`. */
  readonly label?: readonly string[];
  readonly provider?: string;
  readonly market?: Market;
  readonly submittedBy?: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  readonly search?: string;
};
