import { once } from 'node:events';
import { createServer, request as ask, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startServer, type RunningServer } from '../../api/http/server.ts';
import { guardTemporalUi } from '../../api/http/temporal-ui.ts';
import { ApiWorld } from '../api/harness.ts';

type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};
let world: ApiWorld;
let upstream: Server;
let guard: RunningServer;
let own: string;
let cookie: string;
let seen: Seen[] = [];

beforeAll(async () => {
  world = await ApiWorld.start();
  upstream = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': ['_csrf=1', 'artenic-session-1=stolen'] });
      response.end('the UI');
    });
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const options = { upstream: new URL(`http://127.0.0.1:${port}`), apiPort: world.port };
  guard = await startServer(guardTemporalUi(world.deps, options), { host: '127.0.0.1', port: 0 });
  own = `127.0.0.1:${guard.port}`;
  const signedIn = await world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey: world.key } });
  cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
});
afterAll(async () => {
  await guard.close(0);
  upstream.close();
  await world.close();
});
beforeEach(() => {
  seen = [];
});

/** Sends any header, unlike `fetch`. */
async function call(
  headers: Readonly<Record<string, string>>,
  { method = 'GET', path = '/namespaces', body = '' } = {},
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }> {
  const request = ask({ host: '127.0.0.1', port: guard.port, method, path, headers: { host: own, ...headers } });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}

test('a person who is signed in to the dashboard gets the UI; it never sees the session', async () => {
  const answer = await call({ cookie: `_csrf=1; ${cookie}`, 'sec-fetch-site': 'none' }, { path: '/namespaces?a=b' });
  expect([answer.status, answer.text]).toEqual([200, 'the UI']);
  expect(answer.headers).toMatchObject({ 'x-frame-options': 'DENY', 'set-cookie': ['_csrf=1'] });
  expect(seen.map(({ method, url, headers }) => [method, url, headers.cookie])).toEqual([
    ['GET', '/namespaces?a=b', '_csrf=1'],
  ]);
});

test('its own pages may also write, and the dashboard may link to it', async () => {
  const fromOwnPage = {
    cookie,
    origin: `http://${own}`,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
  };
  expect((await call(fromOwnPage, { method: 'POST', body: '{"reason":"x"}' })).status).toBe(200);
  expect(seen[0]).toMatchObject({ method: 'POST', body: '{"reason":"x"}' });
  const link = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect((await call({ cookie, ...link })).status).toBe(200);
});

test.each<readonly [string, 401 | 403, Readonly<Record<string, string>>, string?]>([
  ['without a session', 401, {}],
  ['with a session of nobody', 401, { cookie: `artenic-session=${'a'.repeat(43)}` }],
  ['with an API key in place of a session', 401, { authorization: 'Bearer aa_live_x' }],
  ['under a foreign host name (DNS rebinding)', 403, { host: 'evil.example:8233', cookie: 'SESSION' }],
  ['from a page of another site', 403, { origin: 'http://evil.example', cookie: 'SESSION' }, 'POST'],
  ['from a page of another port of this host', 403, { origin: 'http://127.0.0.1:9', cookie: 'SESSION' }, 'POST'],
  ['by a form that hides its origin', 403, { origin: 'null', cookie: 'SESSION' }, 'POST'],
  ['as a write without an origin', 403, { cookie: 'SESSION' }, 'POST'],
  [
    'as an image on another site',
    403,
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', cookie: 'SESSION' },
  ],
  [
    'as a frame in another site',
    403,
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', cookie: 'SESSION' },
  ],
])('%s nothing reaches Temporal: %i', async (_what, status, headers, method = 'GET') => {
  const filled = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === 'SESSION' ? cookie : value]),
  );
  const answer = await call(filled, { method, path: '/api/v1/namespaces/default/workflows' });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(seen).toEqual([]);
});

test('a person without a session is told where to sign in', async () => {
  const answer = await call({ accept: 'text/html' });
  expect(answer.status).toBe(401);
  expect(answer.text).toContain(`<a href="http://127.0.0.1:${world.port}/">`);
  expect(seen).toEqual([]);
});

test('a path that names another server is refused, and a UI that is away is told', async () => {
  expect((await call({ cookie }, { path: 'http://evil.example/' })).status).toBe(400);
  upstream.closeAllConnections();
  upstream.close();
  expect((await call({ cookie })).status).toBe(503);
});

test('after the sign-out the UI is closed', async () => {
  await world.call('POST', '/api/v1/session/sign-out', { bearer: null, headers: { cookie, origin: world.url } });
  expect((await call({ cookie })).status).toBe(401);
});
