import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createClient } from '@artenic/client';
import type { LiveEvent } from '@artenic/core';
import { WebSocketServer, type WebSocket } from 'ws';
import { poll } from '../../support/poll.ts';

type Subscription = { readonly op: string; readonly topics: readonly string[]; readonly after: number | null };
let server: Server | null = null;
let close = () => {};

/** Speaks the protocol of `/ws`; `serve` gets each subscription. */
async function startLive(serve: (socket: WebSocket, subscription: Subscription) => void) {
  const http = createServer();
  const offered: string[] = [];
  const sockets = new WebSocketServer({ server: http, path: '/ws', handleProtocols: () => 'artenic.v1' });
  sockets.on('connection', (socket, request) => {
    offered.push(request.headers['sec-websocket-protocol'] ?? '');
    socket.on('message', (data) => serve(socket, JSON.parse((data as Buffer).toString()) as Subscription));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server = http;
  close = () => sockets.clients.forEach((socket) => socket.terminate());
  return {
    client: createClient({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, apiKey: 'aa_live_x' }),
    offered,
  };
}

afterEach(async () => {
  close();
  await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
});

const event = (sequence: number) =>
  JSON.stringify({
    op: 'event',
    sequence,
    topic: 'jobs',
    kind: 'state',
    subject: '1',
    at: '2026-01-01T00:00:00.000Z',
    data: {},
  });

test('hints are asked for by who takes them, and leave the place among the events alone', async () => {
  const asked: unknown[] = [];
  const { client } = await startLive((socket, subscription) => {
    asked.push(subscription);
    socket.send(JSON.stringify({ op: 'subscribed', topics: subscription.topics, after: 10 }));
    const hint = { topic: 'job:1', kind: 'job.log', subject: '1', at: '2026-01-01T00:00:00.000Z', data: {} };
    socket.send(JSON.stringify({ op: 'hint', ...hint }));
    socket.send(event(11));
  });
  const heard: string[] = [];
  const subscription = client.live({
    topics: ['jobs'],
    onEvent: ({ sequence }) => heard.push(`event ${sequence}`),
    onHint: ({ kind }) => heard.push(kind),
  });
  await poll('hint and event', 10_000, () => (heard.length >= 2 ? true : null));
  subscription.close();
  expect(heard).toEqual(['job.log', 'event 11']);
  expect(asked).toEqual([{ op: 'subscribe', topics: ['jobs'], after: null, hints: true }]);
});

/** Serves a subscription of `untilOthersHaveReconnected`. */
function isOther(socket: WebSocket, { topics }: Subscription): boolean {
  if (topics[0] !== 'models') return false;
  socket.send(JSON.stringify({ op: 'subscribed', topics, after: 1 }));
  setTimeout(() => socket.terminate(), 20);
  return true;
}

/**
 * Waits until another connection to the same server was cut and reopened twice, which takes as long as the first
 * connection's pause before a reconnect would.
 */
async function untilOthersHaveReconnected(client: ReturnType<typeof createClient>): Promise<void> {
  let states = 0;
  const other = client.live({ topics: ['models'], onEvent: () => {}, onState: () => states++ });
  // Connected, cut, connected, cut, connected.
  await poll('the other line', 10_000, () => (states >= 5 ? true : null));
  other.close();
}

test('events come in order and once, over every broken connection', async () => {
  const asked: (number | null)[] = [];
  const { client, offered } = await startLive((socket, { op, topics, after }) => {
    expect([op, topics]).toEqual(['subscribe', ['jobs']]);
    asked.push(after);
    const from = after ?? 10;
    socket.send(JSON.stringify({ op: 'subscribed', topics, after: from }));
    // Sends the last known event again and two new events, then cuts the connection.
    for (const sequence of [from, from + 1, from + 2]) socket.send(event(sequence));
    if (asked.length < 3) setTimeout(() => socket.terminate(), 20);
  });
  const events: LiveEvent[] = [];
  const subscription = client.live({ topics: ['jobs'], onEvent: (one) => events.push(one) });
  await poll('six events', 10_000, () => (events.length >= 6 ? true : null));
  subscription.close();
  expect(events.map(({ sequence }) => sequence)).toEqual([11, 12, 13, 14, 15, 16]);
  expect(asked).toEqual([null, 12, 14]);
  expect(offered[0]).toContain('bearer.aa_live_x');
});

test('a line that breaks before the first event goes on behind where it began', async () => {
  const asked: (number | null)[] = [];
  const { client } = await startLive((socket, { topics, after }) => {
    asked.push(after);
    socket.send(JSON.stringify({ op: 'subscribed', topics, after: after ?? 7 }));
    if (asked.length === 1) setTimeout(() => socket.terminate(), 20);
    else socket.send(event(8));
  });
  const events: LiveEvent[] = [];
  const subscription = client.live({ topics: ['jobs'], onEvent: (one) => events.push(one) });
  await poll('one event', 10_000, () => (events.length === 1 ? true : null));
  subscription.close();
  expect(asked).toEqual([null, 7]);
});

test('a gap is told, and what comes after it is heard, whatever its number', async () => {
  const { client } = await startLive((socket, { topics }) => {
    socket.send(JSON.stringify({ op: 'gap', after: 3 }));
    socket.send(JSON.stringify({ op: 'subscribed', topics, after: 3 }));
    // A message of a newer server, and an invalid message.
    socket.send(JSON.stringify({ op: 'hint', of: 'something' }));
    socket.send('nonsense');
    for (const sequence of [4, 5]) socket.send(event(sequence));
  });
  const heard: (number | string)[] = [];
  const subscription = client.live({
    ...{ topics: ['jobs'], after: 1000, onGap: () => heard.push('gap') },
    onEvent: ({ sequence }) => heard.push(sequence),
    onError: (error) => heard.push(error.message),
  });
  await poll('the events', 10_000, () => (heard.includes(5) ? true : null));
  subscription.close();
  expect(heard).toEqual(['gap', 'gap', 'gap', 4, 5]);
});

test('a connection whose key has ended is told and not tried again', async () => {
  let count = 0;
  const { client } = await startLive((socket) => {
    count++;
    socket.close(1008, 'the key or the session has ended');
  });
  const error = await new Promise<Error>((resolve) => {
    client.live({ topics: ['jobs'], onEvent: () => {}, onError: resolve });
  });
  expect([error.message, count]).toEqual([expect.stringContaining('the key or the session has ended'), 1]);
});

test('a refused subscription is told to the caller and not tried again', async () => {
  let count = 0;
  const { client } = await startLive((socket, subscription) => {
    if (isOther(socket, subscription)) return;
    count++;
    socket.send(JSON.stringify({ op: 'error', message: 'topics.0: no such topic' }));
  });
  const error = await new Promise<Error>((resolve) => {
    client.live({ topics: ['nonsense'], onEvent: () => {}, onError: resolve });
  });
  expect(error.message).toContain('no such topic');
  await untilOthersHaveReconnected(client);
  expect(count).toBe(1);
});

test('closing ends the line and keeps it closed', async () => {
  let count = 0;
  const { client } = await startLive((socket, subscription) => {
    const { topics } = subscription;
    if (isOther(socket, subscription)) return;
    count++;
    socket.send(JSON.stringify({ op: 'subscribed', topics, after: 1 }));
  });
  const states: string[] = [];
  const subscription = client.live({ topics: ['jobs'], onEvent: () => {}, onState: (state) => states.push(state) });
  await poll('the connection', 5000, () => (states.includes('connected') ? true : null));
  subscription.close();
  await untilOthersHaveReconnected(client);
  expect([count, states]).toEqual([1, ['connected']]);
});
