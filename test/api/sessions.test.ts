import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createApp } from '../../api/app.ts';
import { createLive } from '../../api/live/live.ts';
import { startServer } from '../../api/http/server.ts';
import { parseKey } from '../../app/access/keys.ts';
import { addKey, ApiWorld } from './harness.ts';

let world: ApiWorld;
let clockOffsetMs = 0;
beforeAll(async () => {
  world = await ApiWorld.start({ now: () => new Date(Date.now() + clockOffsetMs) });
});
afterAll(() => world.close());

const signIn = (body: unknown) => world.call('POST', '/api/v1/session/sign-in', { bearer: null, body });
const cookieOf = (answer: { readonly headers: Headers }): string => answer.headers.get('set-cookie') ?? '';
const pairOf = (setCookie: string): string => setCookie.split(';')[0] ?? '';
const whoAmI = (cookie: string, headers: Readonly<Record<string, string>> = {}) =>
  world.call('GET', '/api/v1/session', { bearer: null, headers: { cookie, ...headers } });

async function freshLink(): Promise<string> {
  return (await world.call('POST', '/api/v1/session/links')).json<{ token: string }>().token;
}

describe('signing in', () => {
  test('with an API key: the cookie is out of reach of scripts and other sites', async () => {
    const answer = await signIn({ apiKey: world.key });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(world.key);
    const cookie = cookieOf(answer);
    expect(cookie).toMatch(/^artenic-session-\d+=[\w-]{43}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Strict$/);
    expect((await whoAmI(pairOf(cookie))).json()).toMatchObject({ name: 'admin', method: 'session' });
    expect((await world.call('GET', '/api/v1/session')).json()).toMatchObject({ method: 'api-key', expiresAt: null });
  });

  test('behind HTTPS: the cookie is Secure and its name is held by the browser', async () => {
    const deps = { ...world.deps, publicUrl: 'https://artenic.test/' };
    const running = await startServer(createApp(deps), { host: '127.0.0.1', port: 0 });
    const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
      fetch(`http://127.0.0.1:${running.port}/api/v1/session${path}`, {
        ...{ method, headers: { 'content-type': 'application/json', ...headers } },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    try {
      const cookie = cookieOf(await ask('POST', '/sign-in', {}, { apiKey: world.key }));
      expect(cookie).toMatch(/^__Host-artenic-session=[\w-]{43}; Path=\/; .*; SameSite=Strict; Secure$/);
      const page = { cookie: pairOf(cookie), origin: 'https://artenic.test' };
      const seen = await ask('GET', '', page);
      expect([seen.status, seen.headers.get('cache-control')]).toEqual([403, 'no-store']);
      const own = createApp({ ...deps, allowedOrigins: ['https://artenic.test'] });
      const other = await startServer(own, { host: '127.0.0.1', port: 0 });
      const answer = await fetch(`http://127.0.0.1:${other.port}/api/v1/session`, { headers: page });
      expect(answer.status).toBe(200);
      await other.close(1000);
    } finally {
      await running.close(1000);
    }
  });

  test('with a link, once, also when it is used twice at the same moment', async () => {
    const token = await freshLink();
    const answers = await Promise.all([signIn({ token }), signIn({ token }), signIn({ token })]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
    expect((await signIn({ token })).status).toBe(401);
  });

  test('not with a link that is too old, or a key that is wrong', async () => {
    const token = await freshLink();
    clockOffsetMs = 16 * 60_000;
    expect((await signIn({ token })).status).toBe(401);
    clockOffsetMs = 0;
    expect((await signIn({ apiKey: `${world.key}x` })).status).toBe(401);
    expect((await signIn({ token: randomBytes(32).toString('base64url') })).status).toBe(401);
    expect((await signIn({})).status).toBe(422);
    expect((await signIn({ token, apiKey: world.key })).status).toBe(422);
  });
});

describe('a session', () => {
  test('ends with the sign-out, in the database, not just in the browser', async () => {
    const cookie = pairOf(cookieOf(await signIn({ apiKey: world.key })));
    const headers = { cookie, origin: world.url };
    const out = await world.call('POST', '/api/v1/session/sign-out', { bearer: null, headers });
    expect(out.status).toBe(204);
    expect(cookieOf(out)).toContain('Max-Age=0');
    expect((await whoAmI(cookie)).status).toBe(401);
  });

  test('ends with its time and with its key', async () => {
    const key = await addKey(world.store, 'short-lived');
    const cookie = pairOf(cookieOf(await signIn({ apiKey: key })));
    clockOffsetMs = 15 * 24 * 3600_000;
    expect((await whoAmI(cookie)).status).toBe(401);
    clockOffsetMs = 0;
    expect((await whoAmI(cookie)).status).toBe(200);
    await world.store.apiKeys.revoke(parseKey(key)?.id ?? '', new Date());
    expect((await whoAmI(cookie)).status).toBe(401);
  });

  test('works from our own pages only: not from another port, another site, or a form', async () => {
    const cookie = pairOf(cookieOf(await signIn({ apiKey: world.key })));
    const post = (headers: Readonly<Record<string, string>>) =>
      world.call('POST', '/api/v1/session/links', { bearer: null, headers: { cookie, ...headers } });
    expect((await post({ origin: world.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await post({})).status).toBe(403);
    expect((await post({ origin: 'http://127.0.0.1:1' })).status).toBe(403);
    expect((await post({ origin: 'https://ui.test' })).status).toBe(403);
    expect((await post({ origin: 'null' })).status).toBe(403);
    expect((await post({ origin: world.url, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await whoAmI(cookie, { 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test('opens the live connection with an origin of our own only', async () => {
    const cookie = pairOf(cookieOf(await signIn({ apiKey: world.key })));
    const open = (headers: Readonly<Record<string, string>>): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${world.port}/ws`, ['artenic.v1'], { headers });
        socket.once('open', () => resolve('open'));
        socket.once('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
        socket.once('error', () => resolve('error'));
        socket.once('open', () => socket.close());
      });
    expect(await open({ cookie, origin: world.url })).toBe('open');
    expect(await open({ cookie })).toBe('403');
    expect(await open({ cookie, origin: 'http://127.0.0.1:1' })).toBe('403');
    expect(await open({ origin: world.url })).toBe('401');
  });

  test('takes its sockets with it: at sign-out, and by the heartbeat when its time is over', async () => {
    const running = await startServer(createApp(world.deps), { host: '127.0.0.1', port: 0 });
    const live = createLive(world.deps, running.server, 1000);
    const origin = `http://127.0.0.1:${running.port}`;
    const open = async (): Promise<{ readonly headers: Record<string, string>; readonly closed: Promise<unknown> }> => {
      const answer = await fetch(`${origin}/api/v1/session/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ apiKey: world.key }),
      });
      const headers = { cookie: pairOf(cookieOf(answer)), origin };
      const socket = new WebSocket(`ws://127.0.0.1:${running.port}/ws`, ['artenic.v1'], { headers });
      await once(socket, 'open');
      return { headers, closed: once(socket, 'close') };
    };
    try {
      const [ended, other] = [await open(), await open()];
      const { status } = await fetch(`${origin}/api/v1/session/sign-out`, { method: 'POST', headers: ended.headers });
      expect(status).toBe(204);
      expect(await ended.closed).toEqual([1008, expect.anything()]);
      expect(await Promise.race([other.closed, Promise.resolve('open')])).toBe('open');
      clockOffsetMs = 15 * 24 * 3600_000;
      expect(await other.closed).toEqual([1008, expect.anything()]);
    } finally {
      clockOffsetMs = 0;
      await live.close();
      await running.close(1000);
    }
  });

  test('takes its links with it, and what they have opened; and such a session makes no links', async () => {
    const first = pairOf(cookieOf(await signIn({ apiKey: world.key })));
    const post = (path: string, cookie: string) =>
      world.call('POST', path, { bearer: null, headers: { cookie, origin: world.url } });
    const linkOf = async () => (await post('/api/v1/session/links', first)).json<{ token: string }>().token;
    const [used, unused] = [await linkOf(), await linkOf()];
    const second = pairOf(cookieOf(await signIn({ token: used })));
    expect((await whoAmI(second)).status).toBe(200);
    expect((await post('/api/v1/session/links', second)).status).toBe(403);
    expect((await post('/api/v1/session/sign-out', first)).status).toBe(204);
    expect((await whoAmI(second)).status).toBe(401);
    expect((await signIn({ token: unused })).status).toBe(401);
  });

  test('leaves no token in the database', async () => {
    const token = await freshLink();
    const cookie = pairOf(cookieOf(await signIn({ token }))).split('=')[1] ?? '';
    expect(await world.store.sessions.find(cookie, new Date())).toBeNull();
    expect(await world.store.sessions.takeLink(token, new Date())).toBeNull();
  });
});
