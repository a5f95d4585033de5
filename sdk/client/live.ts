import { jsonOrNull, liveEventSchema, liveHintSchema, type LiveEvent, type LiveHint } from '@artenic/core';
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
  /** Events may be missing here (a restored database, a message of a newer server): ask for what they would have told. */
  readonly onGap?: () => void;
  /** The subscription has failed for good: the server refuses its topics, or the key has ended. */
  readonly onError?: (error: Error) => void;
  readonly onState?: (state: 'connected' | 'reconnecting') => void;
};
export type LiveSubscription = { readonly close: () => void };

const messageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('event'), ...liveEventSchema.shape }),
  z.object({ op: z.literal('hint'), ...liveHintSchema.shape }),
  z.object({ op: z.literal('subscribed'), topics: z.array(z.string()), after: z.number() }),
  z.object({ op: z.literal('gap'), after: z.number() }),
  z.object({ op: z.literal('error'), message: z.string() }),
]);

/** The close code of a policy: the same request would be refused again. */
const refusedCode = 1008;
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
    const parsed = messageSchema.safeParse(jsonOrNull(text));
    if (!parsed.success) return options.onGap?.();
    const message = parsed.data;
    switch (message.op) {
      case 'subscribed':
        last ??= message.after;
        waitMs = pauseMs.first;
        return options.onState?.('connected');
      case 'gap':
        // The server's numbers begin anew: what is seen next may have a lower one.
        last = message.after;
        return options.onGap?.();
      case 'event': {
        if (last !== null && message.sequence <= last) return;
        last = message.sequence;
        const { op: _op, ...event } = message;
        return options.onEvent(event);
      }
      case 'hint': {
        const { op: _op, ...hint } = message;
        return options.onHint?.(hint);
      }
      case 'error':
        return fail(new Error(message.message));
      default:
        message satisfies never;
    }
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
    opened.addEventListener('close', ({ code, reason }) => {
      if (closed) return;
      if (code === refusedCode) return fail(new Error(`The live connection was refused: ${reason}.`));
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
