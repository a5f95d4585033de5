import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { jsonOrNull } from '@artenic/core';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import { isArtenicError, messageOf } from '../../core/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { ProjectPrincipal } from '../../store/types.ts';

type Caller = Pick<ProjectPrincipal, 'id' | 'projectId'>;
import { createLiveFeed, type LiveFeed } from './feed.ts';
import { closeCode, LiveReader } from './reader.ts';
import { checkOrigin, principalOfKey } from '../middleware/access.ts';
import { principalOfSession } from '../http/sessions.ts';
import { endForGood } from '../http/server.ts';
import { createUnderway, type Underway } from '../../app/loops/underway.ts';

const protocol = 'artenic.v1';
/** Each heartbeat also checks whether the key or the session of the socket is still valid. */
const defaultHeartbeatMs = 30_000;
/** This poll finds events whose NOTIFY was missed (a lost connection). */
const pollMs = 1000;
/** Connections of the pool that access checks may use; the others serve requests. */
const checksAtOnce = 4;
const longestMessageBytes = 64_000;
/** How long closing waits for readers to close their sockets. */
const goodbyeMs = 500;

const messageSchema = z.strictObject({
  op: z.literal('subscribe'),
  topics: z
    .array(z.string().regex(/^(?:jobs|models|datasets|providers|job:[0-9a-f-]{36})$/))
    .min(1)
    .max(100),
  /** Resume behind this number; null: from now on. */
  after: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
  /** Also sends hints, which have no number: `job.log` and `job.metric` say that more can be fetched. */
  hints: z.boolean().default(false),
});

export type Live = { readonly close: () => Promise<void> };

/** A browser's pages send the session's cookie; a caller without a cookie shows a key. */
async function callerOf(deps: ApiDeps, request: IncomingMessage): Promise<Caller> {
  const key = keyOf(request);
  // A WebSocket changes nothing by itself, but it reads: only the platform's own pages may open one with a cookie.
  const session = key === '' ? await principalOfSession(deps, 'POST', request.headers) : null;
  return session ?? principalOfKey(deps, key);
}

function keyOf(request: IncomingMessage): string {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  const bearer = offered.find((part) => part.startsWith('bearer.'));
  return bearer?.slice('bearer.'.length) ?? (request.headers.authorization ?? '').replace(/^Bearer /i, '');
}

function refuse(socket: Duplex, status: number, reason: string): void {
  endForGood(socket, `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * Whether events behind `after` cannot be sent: the next event is no longer kept, or the number does not exist yet, so
 * the reader's number comes from other events (those before a restore of the database, for example).
 */
async function isBeyondReach({ events }: ApiDeps['store'], after: bigint, last: bigint): Promise<boolean> {
  if (after >= last) return after > last;
  const first = await events.firstSequence();
  return first === null || after + 1n < first;
}

/** Answers one message of a reader. */
async function takeMessage({ store }: ApiDeps, reader: LiveReader, text: string): Promise<void> {
  const send = (message: object) => reader.socket.send(JSON.stringify(message));
  const parsed = messageSchema.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return send({ op: 'error', message: faults.join('; ') });
  }
  const { topics, after, hints } = parsed.data;
  const last = await store.events.lastSequence();
  const isHole = after !== null && (await isBeyondReach(store, BigInt(after), last));
  const from = after === null || isHole ? last : BigInt(after);
  if (isHole) send({ op: 'gap', after: Number(last) });
  send({ op: 'subscribed', topics, after: Number(from) });
  reader.subscribe(topics, from, hints);
  await reader.pump();
}

/**
 * Closes the reader's socket when its key or session has ended. A check without an answer proves nothing: the next
 * check asks again.
 */
async function checkAccess(deps: ApiDeps, { socket }: LiveReader, request: IncomingMessage): Promise<void> {
  try {
    await callerOf(deps, request);
  } catch (error) {
    if (isArtenicError(error, 'unauthorized') || isArtenicError(error, 'forbidden'))
      socket.close(closeCode.policy, 'the key or the session has ended');
    else deps.logger.warn({ error: messageOf(error) }, 'the access of a live reader was not checked');
  }
}

type Room = {
  readonly feed: LiveFeed;
  /** Each reader with the request that opened it. */
  readonly readers: Map<LiveReader, IncomingMessage>;
  readonly underway: Underway;
};

type Opened = { readonly socket: WebSocket; readonly request: IncomingMessage; readonly caller: Caller };

function follow(deps: ApiDeps, { feed, readers, underway }: Room, { socket, request, caller }: Opened): void {
  const reader = new LiveReader(socket, feed, caller.projectId);
  readers.set(reader, request);
  // The key may have ended between the upgrade's check and this line.
  void underway.add(checkAccess(deps, reader, request));
  let answering: Promise<void> = Promise.resolve();
  socket.on('pong', () => {
    reader.isAlive = true;
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => readers.delete(reader));
  socket.on('message', (data, isBinary) => {
    if (isBinary) return socket.close(closeCode.policy, 'text only');
    answering = underway.add(
      answering
        .then(() => takeMessage(deps, reader, (data as Buffer).toString('utf8')))
        .catch((error: unknown) => {
          deps.logger.warn({ error: messageOf(error) }, 'a subscription failed');
          socket.close(closeCode.tryAgain, 'try again');
        }),
    );
  });
}

/** Runs `work` once for any number of calls that come while it runs, and then once more. */
function coalesce(underway: Underway, work: () => Promise<void>): () => void {
  let isRunning = false;
  let isWanted = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work();
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void underway.add(run());
  };
}

async function checkAccessOfAll(deps: ApiDeps, readers: Room['readers']): Promise<void> {
  const left = [...readers];
  const checkSome = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await checkAccess(deps, ...next);
  };
  await Promise.all(Array.from({ length: checksAtOnce }, checkSome));
}

/** Disconnects readers that have not answered the last ping, and pings the others. */
function pingAll(readers: Room['readers']): void {
  for (const reader of readers.keys()) {
    if (reader.isAlive) {
      reader.isAlive = false;
      reader.socket.ping();
    } else reader.socket.terminate();
  }
}

/**
 * `/ws`: events by topic in the order of their numbers, each exactly once for a reader that resumes behind its last
 * event.
 */
export function createLive(deps: ApiDeps, server: Server, heartbeatMs = defaultHeartbeatMs): Live {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  const underway = createUnderway();
  const feed = createLiveFeed(deps.store.events);
  const readers: Room['readers'] = new Map();
  const checkAll = (): Promise<void> => checkAccessOfAll(deps, readers);

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (request.url?.split('?')[0] !== '/ws') return refuse(socket, 404, 'Not Found');
    let caller: Caller;
    try {
      checkOrigin(deps, request.headers);
      caller = await callerOf(deps, request);
    } catch (error) {
      const status = isArtenicError(error, 'forbidden') ? 403 : isArtenicError(error, 'unauthorized') ? 401 : 503;
      return refuse(socket, status, 'Refused');
    }
    sockets.handleUpgrade(request, socket, head, (open) =>
      follow(deps, { feed, readers, underway }, { socket: open, request, caller }),
    );
  }
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    underway.add(upgrade(request, socket, head)).catch((error: unknown) => {
      deps.logger.error({ err: error }, 'an upgrade failed');
      socket.destroy();
    });
  };

  const pump = (reader: LiveReader): void => {
    underway
      .add(reader.pump())
      .catch((error: unknown) => deps.logger.warn({ error: messageOf(error) }, 'live events are late'));
  };
  const wake = coalesce(underway, async () => {
    try {
      const { hasAccessEnded } = await feed.refresh();
      // Access is checked before any later message is sent.
      if (hasAccessEnded) await checkAll();
    } catch (error) {
      deps.logger.warn({ error: messageOf(error) }, 'live events are late');
    }
    for (const reader of readers.keys()) pump(reader);
  });
  const unlisten = deps.hints.listen((hint) => {
    const { projectId: _, ...told } = hint;
    const text = JSON.stringify({ op: 'hint', ...told });
    for (const reader of readers.keys()) if (reader.takeHint(hint, text)) pump(reader);
  });

  server.on('upgrade', onUpgrade);
  const unsubscribe = deps.onEvents(wake);
  const poll = setInterval(wake, pollMs);
  const heartbeat = setInterval(() => {
    void underway.add(checkAll());
    pingAll(readers);
  }, heartbeatMs);

  return {
    close: async () => {
      clearInterval(poll);
      clearInterval(heartbeat);
      unsubscribe();
      unlisten();
      server.off('upgrade', onUpgrade);
      for (const { socket } of readers.keys()) socket.close(closeCode.goingAway, 'the server is going away');
      const timer = setTimeout(() => {
        for (const { socket } of readers.keys()) socket.terminate();
      }, goodbyeMs);
      await new Promise<void>((done) => sockets.close(() => done()));
      clearTimeout(timer);
      await underway.settled();
    },
  };
}
