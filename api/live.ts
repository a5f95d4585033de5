import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import { isArtenicError, messageOf } from '../core/errors.ts';
import type { EventRecord } from '../store/types.ts';
import type { ApiDeps } from './deps.ts';
import { checkOrigin, principalOfKey } from './middleware/access.ts';

const protocol = 'artenic.v1';
const heartbeatMs = 30_000;
/** Events not seen by NOTIFY (a lost connection) are found by this poll. */
const pollMs = 1000;
const slowReaderBytes = 1_000_000;
const longestMessageBytes = 64_000;
const batch = 500;
const close = { slow: 1013, policy: 1008, goingAway: 1001 } as const;

const messageSchema = z.strictObject({
  op: z.literal('subscribe'),
  topics: z
    .array(z.string().regex(/^(?:jobs|models|providers|job:[0-9a-f-]{36})$/))
    .min(1)
    .max(100),
  /** Resume behind this number; null: from now on. */
  after: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
});

type Reader = {
  readonly socket: WebSocket;
  topics: ReadonlySet<string>;
  sent: bigint | null;
  alive: boolean;
  busy: boolean;
  again: boolean;
};

export type Live = { readonly close: () => Promise<void> };

function toMessage(event: EventRecord): string {
  const { topic, kind, subject, data } = event;
  return JSON.stringify({
    op: 'event',
    sequence: Number(event.sequence),
    topic,
    kind,
    subject,
    at: event.at.toISOString(),
    data,
  });
}

/** A change of a job's state is one event on `jobs`; whoever follows that job alone hears of it too. */
function wants(reader: Reader, event: EventRecord): boolean {
  return reader.topics.has(event.topic) || (event.topic === 'jobs' && reader.topics.has(`job:${event.subject}`));
}

function keyOf(request: IncomingMessage): string {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  const bearer = offered.find((part) => part.startsWith('bearer.'));
  return bearer?.slice('bearer.'.length) ?? (request.headers.authorization ?? '').replace(/^Bearer /i, '');
}

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** `/ws`: events by topic in the order of their numbers, each once for a reader that resumes behind the last it saw. */
export function createLive(deps: ApiDeps, server: Server): Live {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  const readers = new Set<Reader>();

  /** Sends what the reader has not seen, from PostgreSQL. One at a time for a reader; a wake meanwhile makes another round. */
  async function pump(reader: Reader): Promise<void> {
    if (reader.busy) {
      reader.again = true;
      return;
    }
    reader.busy = true;
    try {
      do {
        reader.again = false;
        while (reader.sent !== null && reader.socket.readyState === reader.socket.OPEN) {
          const events = await deps.store.events.after(reader.sent, batch);
          for (const event of events) {
            if (wants(reader, event)) reader.socket.send(toMessage(event));
            reader.sent = event.sequence;
          }
          if (reader.socket.bufferedAmount > slowReaderBytes) return reader.socket.close(close.slow, 'too slow');
          if (events.length < batch) break;
        }
      } while (reader.again);
    } catch (error) {
      deps.logger.warn({ error: messageOf(error) }, 'live events are late');
    } finally {
      reader.busy = false;
    }
  }

  let waking = false;
  let wokenAgain = false;
  async function wake(): Promise<void> {
    if (waking) {
      wokenAgain = true;
      return;
    }
    waking = true;
    try {
      do {
        wokenAgain = false;
        await deps.store.events.sequence();
      } while (wokenAgain);
    } catch (error) {
      deps.logger.debug({ error: messageOf(error) }, 'events are numbered later');
    } finally {
      waking = false;
    }
    await Promise.all([...readers].map(pump));
  }

  async function subscribe(reader: Reader, text: string): Promise<void> {
    const parsed = messageSchema.safeParse(safeJson(text));
    if (!parsed.success) {
      reader.socket.send(
        JSON.stringify({
          op: 'error',
          message: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
        }),
      );
      return;
    }
    const { topics, after } = parsed.data;
    reader.topics = new Set(topics);
    reader.sent = after === null ? await deps.store.events.lastSequence() : BigInt(after);
    reader.socket.send(JSON.stringify({ op: 'subscribed', topics, after: Number(reader.sent) }));
    await pump(reader);
  }

  function take(socket: WebSocket): void {
    const reader: Reader = { socket, topics: new Set(), sent: null, alive: true, busy: false, again: false };
    readers.add(reader);
    socket.on('pong', () => {
      reader.alive = true;
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => readers.delete(reader));
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(close.policy, 'text only');
      subscribe(reader, (data as Buffer).toString('utf8')).catch((error: unknown) => {
        deps.logger.warn({ error: messageOf(error) }, 'a subscription failed');
        socket.close(close.slow, 'try again');
      });
    });
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/ws') return refuse(socket, 404, 'Not Found');
    try {
      checkOrigin(deps, request.headers);
      await principalOfKey(deps, keyOf(request));
    } catch (error) {
      const status = isArtenicError(error, 'forbidden') ? 403 : isArtenicError(error, 'unauthorized') ? 401 : 503;
      return refuse(socket, status, 'Refused');
    }
    sockets.handleUpgrade(request, socket, head, take);
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    void upgrade(request, socket, head);
  };
  server.on('upgrade', onUpgrade);
  const unsubscribe = deps.onEvents(() => void wake());
  const poll = setInterval(() => void wake(), pollMs);
  const heartbeat = setInterval(() => {
    for (const reader of readers) {
      if (!reader.alive) reader.socket.terminate();
      reader.alive = false;
      reader.socket.ping();
    }
  }, heartbeatMs);

  return {
    close: async () => {
      clearInterval(poll);
      clearInterval(heartbeat);
      unsubscribe();
      server.off('upgrade', onUpgrade);
      for (const { socket } of readers) socket.close(close.goingAway, 'the server is going away');
      await new Promise<void>((done) => sockets.close(() => done()));
      for (const { socket } of readers) socket.terminate();
    },
  };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
