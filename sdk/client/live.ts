import { liveEventSchema, liveHintSchema, type LiveEvent, type LiveHint } from '@artenic/core';
import { z } from 'zod';
import type { ClientOptions } from './http.ts';

export type LiveOptions = {
  /** `jobs`, `job:<id>`, `models`, `providers`. */
  readonly topics: readonly string[];
  /** Resume behind this sequence number; from now on when absent. */
  readonly after?: number;
  readonly onEvent: (event: LiveEvent) => void;
  /** There is more to fetch of a followed job's log or metrics. Those of a time without connection are lost. */
  readonly onHint?: (hint: LiveHint) => void;
  /** The subscription has failed for good: wrong topics, or messages that are not understood. */
  readonly onError?: (error: Error) => void;
  readonly onState?: (state: 'connected' | 'reconnecting') => void;
};
export type LiveSubscription = { readonly close: () => void };

const messageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('event'), ...liveEventSchema.shape }),
  z.object({ op: z.literal('hint'), ...liveHintSchema.shape }),
  z.object({ op: z.literal('subscribed'), topics: z.array(z.string()), after: z.number() }),
  z.object({ op: z.literal('error'), message: z.string() }),
]);

const pauseMs = { first: 250, most: 5000 };

/** Follows events; a broken connection is made again, and goes on behind the last event seen. */
export function followEvents(client: ClientOptions, options: LiveOptions): LiveSubscription {
  const url = new URL('/ws', client.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let last: number | null = options.after ?? null;
  let closed = false;
  let socket: WebSocket | null = null;
  let waitMs = pauseMs.first;

  function take(text: string): void {
    if (closed) return;
    const parsed = messageSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return fail(new Error('A message of the live connection is not understood.'));
    const message = parsed.data;
    if (message.op === 'subscribed') {
      last ??= message.after;
      waitMs = pauseMs.first;
      options.onState?.('connected');
    } else if (message.op === 'event' && (last === null || message.sequence > last)) {
      last = message.sequence;
      const { op: _op, ...event } = message;
      options.onEvent(event);
    } else if (message.op === 'hint') {
      const { op: _op, ...hint } = message;
      options.onHint?.(hint);
    } else if (message.op === 'error') fail(new Error(message.message));
  }

  function fail(error: Error): void {
    closed = true;
    socket?.close();
    options.onError?.(error);
  }

  function connect(): void {
    const opened = new WebSocket(url, ['artenic.v1', `bearer.${client.apiKey}`]);
    socket = opened;
    opened.addEventListener('open', () => {
      // Asked for only when wanted: an older server knows no hints.
      const hints = options.onHint === undefined ? {} : { hints: true };
      opened.send(JSON.stringify({ op: 'subscribe', topics: options.topics, after: last, ...hints }));
    });
    opened.addEventListener('message', (event) => take(String(event.data)));
    opened.addEventListener('close', () => {
      if (closed) return;
      options.onState?.('reconnecting');
      setTimeout(() => (closed ? undefined : connect()), waitMs * (0.5 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, pauseMs.most);
    });
  }
  connect();
  return {
    close: () => {
      closed = true;
      socket?.close();
    },
  };
}
