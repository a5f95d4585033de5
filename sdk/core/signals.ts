import { z } from 'zod';

/** What the outside may tell a job. */
export const signalNames = ['preemption-notice', 'capacity-news', 'checkpoint-now', 'hold', 'release'] as const;
export type SignalName = (typeof signalNames)[number];

const timestamp = z.iso.datetime({ offset: true });

/** `POST /api/v1/jobs/{id}/signals/{name}`. */
export const signalRequestSchema = z.strictObject({
  /** The event's id; a request with the same one changes nothing. Needed unless the header `webhook-id` says it. */
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'visible ASCII')
    .optional(),
  /** The job and the signal of the address again. Needed in a signed request: its signature does not cover the address. */
  jobId: z.uuid().optional(),
  name: z.enum(signalNames).optional(),
  /** When it happened; now when absent. Of `hold` and `release` the later one counts, in whatever order they arrive. */
  occurredAt: timestamp.optional(),
  /** Which attempt it is about; the current one when absent. Another attempt than the current one is left alone. */
  attempt: z.number().int().min(1).max(2_147_483_647).optional(),
  /** `preemption-notice` only, and needed there: when the machine ends. */
  deadlineAt: timestamp.optional(),
});
export type SignalRequest = z.input<typeof signalRequestSchema>;

export const signalAnswerSchema = z.object({
  jobId: z.string(),
  name: z.enum(signalNames),
  id: z.string(),
  /** `repeated`: this id was taken before. `ignored`: it is about something that is over, or says nothing new. */
  outcome: z.enum(['taken', 'repeated', 'ignored']),
  /** Since when the job is held; null when it is not. */
  heldAt: z.iso.datetime().nullable(),
});
export type SignalAnswer = z.output<typeof signalAnswerSchema>;
