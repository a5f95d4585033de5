import { z } from 'zod';
import { jsonValueSchema } from './json-value.ts';

const timestamp = z.iso.datetime();

/** A message on the WebSocket. `sequence` rises by commit order and has no holes for one reader. */
export const liveEventSchema = z.object({
  sequence: z.number().int(),
  topic: z.string(),
  kind: z.string(),
  subject: z.string(),
  at: timestamp,
  data: z.record(z.string(), jsonValueSchema),
});
export type LiveEvent = z.output<typeof liveEventSchema>;

/** There is more to fetch, of a log or of metrics. It has no number: a hint that is lost costs freshness, never data. */
export const liveHintSchema = liveEventSchema.omit({ sequence: true });
export type LiveHint = z.output<typeof liveHintSchema>;
