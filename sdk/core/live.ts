import { z } from 'zod';
import { jsonOrNull } from './json-or-null.ts';
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

const messageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('event'), ...liveEventSchema.shape }),
  z.object({ op: z.literal('hint'), ...liveHintSchema.shape }),
  z.object({ op: z.literal('subscribed'), topics: z.array(z.string()), after: z.number() }),
  z.object({ op: z.literal('gap'), after: z.number() }),
  z.object({ op: z.literal('error'), message: z.string() }),
]);

/** Meaning of a message of the WebSocket for its reader. */
export type LiveNews =
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'hint'; readonly hint: LiveHint }
  /** Events follow from here. `isFirst`: data that was fetched before may be older than the first event. */
  | { readonly kind: 'subscribed'; readonly isFirst: boolean }
  /** Events may be missing here (a restored database, a message of a newer server): fetch the current state again. */
  | { readonly kind: 'gap' }
  /** The server refuses the request. */
  | { readonly kind: 'refused'; readonly message: string }
  /** An event that the reader has already got. */
  | { readonly kind: 'known' };

/** A reader's place among the events, through any number of connections. */
export type LiveReader = {
  /** Number behind which to subscribe; null before the first message: from now on. */
  readonly after: () => number | null;
  readonly read: (text: string) => LiveNews;
};

export function createLiveReader(after: number | null): LiveReader {
  let last = after;
  function read(text: string): LiveNews {
    const parsed = messageSchema.safeParse(jsonOrNull(text));
    if (!parsed.success) return { kind: 'gap' };
    const message = parsed.data;
    switch (message.op) {
      case 'subscribed': {
        const isFirst = last === null;
        last ??= message.after;
        return { kind: 'subscribed', isFirst };
      }
      case 'gap':
        // The server's numbers start again, so the next event may have a lower number.
        last = message.after;
        return { kind: 'gap' };
      case 'event': {
        if (last !== null && message.sequence <= last) return { kind: 'known' };
        last = message.sequence;
        const { op: _op, ...event } = message;
        return { kind: 'event', event };
      }
      case 'hint': {
        const { op: _op, ...hint } = message;
        return { kind: 'hint', hint };
      }
      case 'error':
        return { kind: 'refused', message: message.message };
    }
  }
  return { after: () => last, read };
}
