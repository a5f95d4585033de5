import { z } from 'zod';

/** Signals that a job accepts from outside. */
export const signalNames = ['preemption-notice', 'capacity-news', 'checkpoint-now', 'hold', 'release'] as const;
export type SignalName = (typeof signalNames)[number];

const timestamp = z.iso.datetime({ offset: true });

/** `POST /api/v1/jobs/{id}/signals/{name}`. */
export const signalRequestSchema = z.strictObject({
  /**
   * The event's id; a second request with the same id has no effect. Required unless the header `webhook-id` contains
   * it.
   */
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'visible ASCII')
    .optional(),
  /** Job and signal of the URL, repeated. Required in a signed request: its signature does not cover the URL. */
  jobId: z.uuid().optional(),
  name: z.enum(signalNames).optional(),
  /** When the event happened; now when absent. The later of `hold` and `release` counts, in any order of arrival. */
  occurredAt: timestamp.optional(),
  /** The attempt that the signal refers to; the current one when absent. A signal for another attempt has no effect. */
  attempt: z.number().int().min(1).max(2_147_483_647).optional(),
  /** Required for `preemption-notice`, and only there: when the machine ends. */
  deadlineAt: timestamp.optional(),
});
export type SignalRequest = z.input<typeof signalRequestSchema>;

export const signalAnswerSchema = z.object({
  jobId: z.string(),
  name: z.enum(signalNames),
  id: z.string(),
  /** `repeated`: this id was accepted before. `ignored`: its subject is over, or it contains nothing new. */
  outcome: z.enum(['taken', 'repeated', 'ignored']),
  /** Time since which the job is held; null when it is not. */
  heldAt: z.iso.datetime().nullable(),
});
export type SignalAnswer = z.output<typeof signalAnswerSchema>;
