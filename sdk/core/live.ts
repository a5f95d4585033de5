import { z } from 'zod';
import { jsonValueSchema } from './json-value.ts';

const timestamp = z.iso.datetime();

/** A message on the WebSocket. `sequence` increases in commit order and has no gaps for one reader. */
export const liveEventSchema = z.object({
  sequence: z.number().int(),
  topic: z.string(),
  kind: z.string(),
  subject: z.string(),
  at: timestamp,
  data: z.record(z.string(), jsonValueSchema),
});
export type LiveEvent = z.output<typeof liveEventSchema>;

/** New log lines or metrics can be fetched. A hint has no number: a lost hint costs freshness, but no data. */
export const liveHintSchema = liveEventSchema.omit({ sequence: true });
export type LiveHint = z.output<typeof liveHintSchema>;
