import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Request } from 'express';
import { readBody } from '../../api/middleware/body.ts';
import { messageOf } from '../../core/errors.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

/** Sends raw bytes and reads until the server closes, or until an answer is complete. */
async function exchange(bytes: string | Buffer): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
    // Only the first answer counts; a kept connection would stay open.
    if (/^HTTP\/1\.1 \d{3}[^]*\r\n\r\n/.test(text)) socket.end();
  });
  // The refusal may reset the connection after the answer.
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}
const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
const head = (lines: readonly string[]): string => [...lines, '', ''].join('\r\n');
const post = (body: string | Buffer, headers: readonly string[] = []): Buffer => {
  const bytes = Buffer.from(body);
  const common = ['POST /api/v1/jobs HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${world.key}`];
  const own = ['Content-Type: application/json', `Content-Length: ${bytes.length}`, ...headers];
  return Buffer.concat([Buffer.from(head([...common, ...own])), bytes]);
};
const job = (config: string) => `{"service": "x", "command": "true", "config": {"a": ${config}}}`;

test.each<[string, () => string | Buffer]>([
  ['no HTTP at all', () => 'hello\r\n\r\n'],
  ['bytes of TLS', () => Buffer.from('16030100c8010000c40303', 'hex')],
  ['no line ends but LF in a header', () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\nb\r\n\r\n'],
  [
    'two lengths',
    () => head(['POST /api/v1/jobs HTTP/1.1', 'Host: localhost', 'Content-Length: 1', 'Content-Length: 2']),
  ],
  [
    'a length and chunks',
    () =>
      `${head(['POST /api/v1/jobs HTTP/1.1', 'Host: localhost', 'Content-Length: 4', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
  ],
  ['a length that is no number', () => head(['POST /api/v1/jobs HTTP/1.1', 'Host: localhost', 'Content-Length: x'])],
  [
    'a chunk size that is none',
    () =>
      `${head(['POST /api/v1/jobs HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${world.key}`, 'Content-Type: application/json', 'Transfer-Encoding: chunked'])}zz\r\n`,
  ],
  ['a header of 20 kB', () => head(['GET /livez HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(20_000)}`])],
  ['a space before the colon', () => head(['GET /livez HTTP/1.1', 'Host : localhost'])],
  ['no host', () => head(['GET /livez HTTP/1.1'])],
  ['NUL in a header', () => head(['GET /livez HTTP/1.1', 'Host: localhost', 'X: a\0b'])],
  ['a method that is none', () => head(['BREW /livez HTTP/1.1', 'Host: localhost'])],
  ['a body that is no UTF-8', () => post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))],
  ['half of a UTF-8 character', () => post(Buffer.from('"é').subarray(0, 2))],
  ['a lone surrogate', () => post(job('"\\ud800"'))],
  ['a lone surrogate in a name', () => post(job('{"\\udfff": 1}'))],
  ['a number beyond all numbers', () => post(job('1e400'))],
  ['a number with more digits than are kept', () => post(job('9007199254740993'))],
  ['such a number in a long body', () => post(job(`{"a": 9007199254740993, "b": "${'x'.repeat(100_000)}"}`))],
  ['JSON 100,000 deep', () => post(job(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))],
  ['JSON 100,000 deep that never closes', () => post('['.repeat(100_000))],
  ['a compressed body', () => post('x', ['Content-Encoding: gzip'])],
  [
    'an upgrade to a path that no URL has',
    () => head(['GET // HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket']),
  ],
  [
    'an upgrade to another protocol',
    () =>
      head([
        'GET /ws HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${world.key}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
      ]),
  ],
])('%s is a 4xx, and the next request is fine', async (_, bytes) => {
  const text = await exchange(bytes());
  expect(statusOf(text)).toBeGreaterThanOrEqual(400);
  expect(statusOf(text)).toBeLessThan(500);
  expect(text).not.toMatch(/node_modules|\.ts:\d|    at /);
  expect((await world.call('GET', '/livez')).status).toBe(200);
});

test('a refused body that goes on coming, drop by drop, is cut off', async () => {
  const socket = connect(world.port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(head(['PUT /api/v1/objects/data/x HTTP/1.1', 'Host: localhost', 'Content-Length: 100000']));
  const drops = setInterval(() => socket.write('x'), 100);
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part;
  });
  // The connection may end by a reset, which is no failure here.
  await new Promise((closed) => socket.once('close', closed));
  clearInterval(drops);
  expect(statusOf(answer)).toBe(401);
});

test('a small body that does not come in time is refused', async () => {
  const { promise: refusal, resolve } = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    readBody(request as Request, 100, 50).catch((error: unknown) => {
      resolve(messageOf(error));
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(head(['POST / HTTP/1.1', 'Host: localhost', 'Content-Length: 10']));
  expect(await refusal).toContain('did not come within 0.05 s');
  socket.destroy();
  server.close();
});

test('-0 and numbers at the edge are taken and come back as JSON has them', async () => {
  const answer = await world.call('POST', '/api/v1/jobs', {
    body: job('[-0, 1e308, 5e-324, 9007199254740991, 0.1]'),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  const { config } = answer.json<{ spec: { config: unknown } }>().spec;
  const { id } = answer.json<{ id: string }>();
  expect(JSON.stringify(config)).toBe('{"a":[0,1e+308,5e-324,9007199254740991,0.1]}');
  const read = (await world.call('GET', `/api/v1/jobs/${id}`)).json<{ spec: { config: unknown } }>();
  expect(JSON.stringify(read.spec.config)).toBe(JSON.stringify(config));
});

test('a client that goes away in the middle of a body harms nobody', async () => {
  for (let index = 0; index < 10; index++) {
    const socket = connect(world.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(post(job('1')).subarray(0, -5));
    socket.destroy();
  }
  expect((await world.call('GET', '/livez')).status).toBe(200);
  expect(
    (await world.store.jobs.list({ projectId: 'default', service: 'x', limit: 50 })).items.length,
  ).toBeLessThanOrEqual(1);
});
