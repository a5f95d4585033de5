import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { liveEventSchema, liveHintSchema, type LiveEvent, type LiveHint } from '@artenic/core';
import { WebSocket } from 'ws';
import { createCoarseEvents } from '../../api/live/coarse-events.ts';
import { createHints } from '../../api/live/hints.ts';
import { parseKey } from '../../app/access/keys.ts';
import { listenForEvents } from '../../store/events/listen.ts';
import { newId } from '../store/support.ts';
import { poll } from '../support/poll.ts';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const url = () => `ws://127.0.0.1:${world.port}/ws`;
const openSocket = (key = world.key) => new WebSocket(url(), ['artenic.v1', `bearer.${key}`]);

type Message = { readonly op: string; readonly sequence?: number; readonly message?: string; readonly after?: number };

/** A reader that records everything it receives. */
async function follow(topics: readonly string[], after: number | null, key = world.key, hints?: true) {
  const socket = openSocket(key);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString('utf8')) as Message));
  await once(socket, 'open');
  socket.send(JSON.stringify({ op: 'subscribe', topics, after, hints }));
  await poll('the subscription', 5000, () => (messages.some(({ op }) => op === 'subscribed') ? true : null));
  const events = (): LiveEvent[] =>
    messages.filter(({ op }) => op === 'event').map((one) => liveEventSchema.parse(one));
  const hintsHeard = (): LiveHint[] =>
    messages.filter(({ op }) => op === 'hint').map((one) => liveHintSchema.parse(one));
  const close = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { socket, messages, events, hints: hintsHeard, close };
}

const append = (topic: string, subject: string, data: Record<string, unknown> = {}) =>
  world.store.events.append({ topic, kind: 'test', subject, data });
const lastSequence = async () => {
  await world.store.events.sequence();
  return Number(await world.store.events.lastSequence());
};

test('a reader hears of its topics, in order, and of nothing else', async () => {
  const [mine, other] = [newId(), newId()];
  const reader = await follow([`job:${mine}`, 'models'], null);
  await append(`job:${other}`, other);
  await append(`job:${mine}`, mine, { step: 1 });
  await append('jobs', mine);
  await append('jobs', other);
  await append('models', 'iris');
  await poll('three events', 5000, () => (reader.events().length >= 3 ? true : null));
  const heard = reader.events();
  expect(heard.map(({ topic, subject }) => [topic, subject])).toEqual([
    [`job:${mine}`, mine],
    ['jobs', mine],
    ['models', 'iris'],
  ]);
  expect(heard[0]?.data).toEqual({ step: 1 });
  expect(heard.map(({ sequence }) => sequence)).toEqual(
    heard.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
  );
  await reader.close();
});

test('a key of another project hears of its own jobs and models and of what concerns all, live and from the past', async () => {
  const stranger = await addKey(world.store, 'stranger', 'other');
  const [ours, theirs] = [await world.addJob(), await world.addJob({}, 'other')];
  const start = await lastSequence();
  const topics = ['jobs', 'models', 'providers', `job:${ours.id}`, `job:${theirs.id}`];
  const live = await follow(topics, null, stranger);
  for (const { id } of [ours, theirs]) {
    await append(`job:${id}`, id);
    await append('jobs', id);
  }
  await world.store.events.append({ topic: 'models', kind: 'test', subject: 'iris', data: {}, projectId: 'default' });
  await world.store.events.append({ topic: 'models', kind: 'test', subject: 'iris', data: {}, projectId: 'other' });
  await append('providers', 'local');
  const wanted = [`job:${theirs.id}`, 'jobs', 'models', 'providers'];
  await poll('the last of them', 5000, () => live.events().find(({ topic }) => topic === 'providers') ?? null);
  expect(live.events().map(({ topic }) => topic)).toEqual(wanted);
  const late = await follow(topics, start, stranger);
  await poll('the last again', 5000, () => late.events().find(({ topic }) => topic === 'providers') ?? null);
  expect(new Set(late.events().map(({ subject }) => subject))).toEqual(new Set([theirs.id, 'iris', 'local']));
  await live.close();
  await late.close();
});

test('a revoked key’s socket is closed before anything that comes later', async () => {
  const key = await addKey(world.store, 'former');
  const reader = await follow(['models'], null, key);
  const closed = once(reader.socket, 'close') as Promise<[number]>;
  await world.store.transaction(async (repositories) => {
    await repositories.apiKeys.revoke(parseKey(key)?.id ?? '', new Date());
    await repositories.events.append({ topic: 'models', kind: 'test', subject: 'later', data: {} });
  });
  expect((await closed)[0]).toBe(1008);
  expect(reader.events()).toEqual([]);
});

test('a job that is submitted is heard of without anybody asking', async () => {
  const reader = await follow(['jobs'], null);
  const made = await world.call('POST', '/api/v1/jobs', { body: { service: 'heard', command: 'train' } });
  const { id } = made.json<{ id: string }>();
  const event = await poll('the event', 5000, () => reader.events().find(({ subject }) => subject === id) ?? null);
  expect(event).toMatchObject({ topic: 'jobs', kind: 'job.state', data: { state: 'queued', service: 'heard' } });
  await reader.close();
});

test('over reconnects at random, while many write, nothing is missed, doubled or out of order', async () => {
  const start = await lastSequence();
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    for (let index = 0; index < 30; index++) await append('providers', `w${writer}`, { index });
  });
  const heard: LiveEvent[] = [];
  let isDone = false;
  const finished = Promise.all(writers).then(() => {
    isDone = true;
  });
  for (let round = 0; heard.length < 300; round++) {
    if (round > 200) throw new Error(`only ${heard.length} of 300 heard`);
    const reader = await follow(['providers'], heard.at(-1)?.sequence ?? start);
    const wanted = isDone ? 300 - heard.length : 1 + (round % 7) * 5;
    await poll('some events', 5000, () =>
      reader.events().length >= Math.min(wanted, 300 - heard.length) ? true : null,
    );
    // Cut without a close frame, as a network does.
    reader.socket.terminate();
    heard.push(...reader.events());
  }
  await finished;
  expect(heard).toHaveLength(300);
  const numbers = heard.map(({ sequence }) => sequence);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(new Set(heard.map(({ subject, data }) => `${subject} ${JSON.stringify(data['index'])}`)).size).toBe(300);
});

describe('hints', () => {
  test('are told to followers that want them, on every replica, once, and are never stored', async () => {
    const runner = await world.startRunner();
    const heardElsewhere: LiveHint[] = [];
    const elsewhere = createHints({ ...world.deps, origin: 'another replica' });
    elsewhere.listen((hint) => heardElsewhere.push(hint));
    const listener = await listenForEvents(
      world.databaseUrl,
      () => undefined,
      (payload) => elsewhere.receive(payload),
    );
    const stranger = await addKey(world.store, 'hint-stranger', 'other');
    const [follower, other, outside] = await Promise.all([
      follow([`job:${runner.jobId}`], null, world.key, true),
      follow([`job:${runner.jobId}`], null),
      follow([`job:${runner.jobId}`, 'providers'], null, stranger, true),
    ]);
    const before = await lastSequence();
    await world.ship(runner, 'logs?stream=training&offset=0', 'epoch 1\n');
    await world.ship(runner, 'metrics?offset=0', '{"loss":0.5,"step":1}\n');
    const kinds = ['job.log', 'job.metric'];
    await poll('both hints', 5000, () => (follower.hints().length >= 2 && heardElsewhere.length >= 2 ? true : null));
    expect(follower.hints().map(({ kind }) => kind)).toEqual(kinds);
    expect(follower.hints()[0]).toMatchObject({ subject: runner.jobId, data: { attempt: 1, nextOffset: 8 } });
    expect(heardElsewhere.map(({ kind }) => kind)).toEqual(kinds);
    // An event after the hints: when it arrives, earlier messages have arrived, too.
    await append(`job:${runner.jobId}`, runner.jobId);
    await poll('the event', 5000, () => (follower.events().length > 0 && other.events().length > 0 ? true : null));
    expect(follower.hints()).toHaveLength(2);
    expect(other.hints()).toEqual([]);
    // An event for all projects, after messages that another project must not receive.
    await append('providers', 'local');
    await poll('what concerns all', 5000, () => (outside.events().length > 0 ? true : null));
    expect(outside.hints()).toEqual([]);
    expect((await world.store.events.after(BigInt(before), 10)).map(({ kind }) => kind)).toEqual(['test', 'test']);
    await listener.close();
    await Promise.all([follower.close(), other.close(), outside.close()]);
  });

  test('of a kind and subject that come at once are told as the first and the last', async () => {
    const runner = await world.startRunner();
    const follower = await follow([`job:${runner.jobId}`], null, world.key, true);
    const { tell } = createCoarseEvents();
    const hint = { topic: `job:${runner.jobId}`, subject: runner.jobId, projectId: 'default' };
    for (let end = 1; end <= 20; end++)
      for (const kind of ['job.log', 'job.metric'] as const)
        tell(world.deps, { ...hint, kind, data: { nextOffset: end } });
    const ends = (wanted: string) =>
      follower
        .hints()
        .filter(({ kind }) => kind === wanted)
        .map(({ data }) => data['nextOffset']);
    await poll('the last hints', 5000, () => (follower.hints().length >= 4 ? true : null));
    expect([ends('job.log'), ends('job.metric')]).toEqual([
      [1, 20],
      [1, 20],
    ]);
    await follower.close();
  });
});

test('a new subscription on the same socket begins where it says', async () => {
  const start = await lastSequence();
  await Promise.all(Array.from({ length: 20 }, () => append('models', 'again')));
  const reader = await follow(['models'], start);
  // A second subscription before the end of the first round would replace it.
  await poll('the first round', 5000, () => (reader.events().length >= 20 ? true : null));
  reader.socket.send(JSON.stringify({ op: 'subscribe', topics: ['models'], after: start }));
  await poll('both rounds', 5000, () => (reader.events().length >= 40 ? true : null));
  const numbers = reader.events().map(({ sequence }) => sequence);
  expect(numbers.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => start + 1 + index));
  await reader.close();
});

test('a number that is still to come is a gap that is told', async () => {
  const last = await lastSequence();
  const reader = await follow(['models'], last + 1000);
  expect(reader.messages).toEqual([
    { op: 'gap', after: last },
    { op: 'subscribed', topics: ['models'], after: last },
  ]);
  await append('models', 'after the gap');
  const event = await poll('what comes after', 5000, () => reader.events()[0] ?? null);
  expect(event.subject).toBe('after the gap');
  await reader.close();
});

test.each([
  ['nonsense', 'no JSON'],
  ['{"op":"subscribe","topics":["everything"],"after":null}', 'an unknown topic'],
  ['{"op":"subscribe","topics":["jobs"],"after":-1}', 'a negative number'],
  ['{"op":"subscribe","topics":["jobs"]}', 'no number'],
  ['{"op":"drop","topics":["jobs"],"after":null}', 'an unknown word'],
])('%s is answered with an error, and the socket stays open: %s', async (text) => {
  const socket = openSocket();
  await once(socket, 'open');
  socket.send(text);
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(JSON.parse(data.toString('utf8'))).toMatchObject({ op: 'error', message: expect.any(String) });
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.close();
  await once(socket, 'close');
});

test('bytes and long messages close the socket with their code', async () => {
  for (const [message, code] of [
    [Buffer.from([1, 2]), 1008],
    ['x'.repeat(70_000), 1009],
  ] as const) {
    const socket = openSocket();
    await once(socket, 'open');
    socket.send(message);
    const [closedWith] = (await once(socket, 'close')) as [number];
    expect(closedWith).toBe(code);
  }
});

/** Status of the answer to an upgrade request; 101 when it is accepted. */
async function upgradeStatus(
  protocols: readonly string[],
  options: { readonly headers?: Record<string, string>; readonly origin?: string; readonly path?: string } = {},
): Promise<number> {
  const { path = '/ws', ...rest } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, [...protocols], rest);
  try {
    return await new Promise((done, fail) => {
      socket.on('open', () => done(101));
      socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0));
      socket.on('error', fail);
    });
  } finally {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

test('only a key opens a socket, only from our own pages, only at /ws', async () => {
  const good = ['artenic.v1', `bearer.${world.key}`];
  const authorization = `Bearer ${world.key}`;
  expect(await upgradeStatus(good)).toBe(101);
  expect(await upgradeStatus(['artenic.v1'], { headers: { authorization } })).toBe(101);
  expect(await upgradeStatus(good, { origin: `http://127.0.0.1:${world.port}` })).toBe(101);
  expect(await upgradeStatus(good, { origin: 'https://ui.test' })).toBe(101);
  expect(await upgradeStatus(['artenic.v1'])).toBe(401);
  expect(await upgradeStatus(['artenic.v1', 'bearer.wrong'])).toBe(401);
  expect(await upgradeStatus(good, { origin: 'https://evil.test' })).toBe(403);
  expect(await upgradeStatus(good, { headers: { host: 'evil.test' } })).toBe(403);
  expect(await upgradeStatus(good, { path: '/ws/more' })).toBe(404);
  expect(await upgradeStatus([], { path: `/ws?api_key=${world.key}` })).toBe(401);
});

async function firstLine(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString('latin1').split('\r\n')[0] ?? '';
}

test('an upgrade of an address that is none does no harm', async () => {
  for (const target of ['//', '//[', 'http://[', '*', '/%', '/ws%00']) {
    const line = await firstLine(
      connect(world.port, '127.0.0.1'),
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(line).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
  expect((await world.call('GET', '/livez')).status).toBe(200);
});

test('a reader that does not read is cut off, and goes on from where it was', async () => {
  const start = await lastSequence();
  const reader = await follow(['models'], null);
  // The client's socket stops reading, so that data piles up at the server.
  reader.socket.pause();
  const padding = 'x'.repeat(30_000);
  await world.store.transaction(async (repositories) => {
    for (let index = 0; index < 400; index++)
      await repositories.events.append({ topic: 'models', kind: 'test', subject: 'big', data: { padding } });
  });
  await lastSequence();
  await poll('the server to give up', 10_000, async () => {
    reader.socket.resume();
    return reader.socket.readyState === WebSocket.CLOSED ? true : null;
  });
  const missed = await follow(['models'], reader.events().at(-1)?.sequence ?? start);
  await poll('the rest', 10_000, () => (reader.events().length + missed.events().length >= 400 ? true : null));
  expect(reader.events().length + missed.events().length).toBe(400);
  await missed.close();
});
