import { createLiveReader, type LiveEvent, type LiveHint } from '@artenic/core';
import type { ClientOptions } from './http.ts';

export type LiveOptions = {
  /** `jobs`, `job:<id>`, `models`, `providers`. */
  readonly topics: readonly string[];
  /** Resume behind this sequence number; from now on when absent. */
  readonly after?: number;
  readonly onEvent: (event: LiveEvent) => void;
  /** There is more to fetch of a followed job's log or metrics. Those of a time without connection are lost. */
  readonly onHint?: (hint: LiveHint) => void;
  /** Events may be missing here (a restored database, a message of a newer server): fetch the current state again. */
  readonly onGap?: () => void;
  /** The subscription has failed for good: the server refuses its topics, or the key has ended. */
  readonly onError?: (error: Error) => void;
  readonly onState?: (state: 'connected' | 'reconnecting') => void;
};
export type LiveSubscription = { readonly close: () => void };

/** The close code of a policy: the same request would be refused again. */
const refusedCode = 1008;
const pauseMs = { first: 250, most: 5000 };

/** Follows events. A broken connection is opened again, and continues behind the last event. */
export function followEvents(client: ClientOptions, options: LiveOptions): LiveSubscription {
  const url = new URL('/ws', client.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const reader = createLiveReader(options.after ?? null);
  let closed = false;
  let socket: WebSocket | null = null;
  let waitMs = pauseMs.first;

  function take(text: string): void {
    if (closed) return;
    const news = reader.read(text);
    switch (news.kind) {
      case 'subscribed':
        waitMs = pauseMs.first;
        return options.onState?.('connected');
      case 'gap':
        return options.onGap?.();
      case 'event':
        return options.onEvent(news.event);
      case 'hint':
        return options.onHint?.(news.hint);
      case 'refused':
        return fail(new Error(news.message));
      case 'known':
        return;
      default:
        news satisfies never;
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
      // Requested only if the caller takes hints, because an older server does not know the field.
      const hints = options.onHint === undefined ? {} : { hints: true };
      opened.send(JSON.stringify({ op: 'subscribe', topics: options.topics, after: reader.after(), ...hints }));
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
