import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiWorld } from '../api/harness.ts';

const listed = 'https://ui.test';
let world: ApiWorld;
let cookie: string;
beforeAll(async () => {
  world = await ApiWorld.start();
  const signedIn = await world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey: world.key } });
  cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
});
afterAll(() => world.close());

const allowed = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
const ask = (headers: Record<string, string>, bearer?: string | null) =>
  world.call('GET', '/api/v1/jobs', { headers, ...(bearer === undefined ? {} : { bearer }) });
const preflight = (origin: string, headers: string, method = 'POST') =>
  fetch(`${world.url}/api/v1/jobs`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
    },
  });

test('a page of a listed origin reads answers to requests with a key', async () => {
  const answer = await ask({ origin: listed });
  expect(answer.status).toBe(200);
  expect(allowed(answer.headers)).toMatchObject({ 'access-control-allow-origin': listed });
  expect(allowed(answer.headers)['access-control-expose-headers']).toContain('X-Correlation-Id');
  expect(answer.headers.get('vary')).toContain('Origin');
  // An error answer can be read, too.
  const missing = await world.call('GET', '/api/v1/models/none', { headers: { origin: listed } });
  expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, listed]);
});

test('never with a session, nor without a key, nor to other origins', async () => {
  const bySession = await ask({ origin: listed, cookie }, null);
  expect([bySession.status, allowed(bySession.headers)]).toEqual([403, {}]);
  const byNobody = await ask({ origin: listed }, null);
  expect([byNobody.status, allowed(byNobody.headers)]).toEqual([401, {}]);
  const byStranger = await ask({ origin: 'https://evil.example' });
  expect([byStranger.status, allowed(byStranger.headers)]).toEqual([403, {}]);
  // Credentials are never allowed, so that no browser sends a cookie along with a key.
  const withBoth = await ask({ origin: listed, cookie });
  expect(allowed(withBoth.headers)).not.toHaveProperty('access-control-allow-credentials');
  expect((await ask({})).headers.get('access-control-allow-origin')).toBeNull();
});

test('a preflight for a key is answered, any other one is not', async () => {
  const answer = await preflight(listed, 'authorization,content-type,Idempotency-Key');
  expect([answer.status, allowed(answer.headers)]).toEqual([
    204,
    {
      'access-control-allow-origin': listed,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key',
      'access-control-max-age': '600',
    },
  ]);
  for (const [origin, headers] of [
    [listed, 'content-type'],
    [listed, ''],
    [listed, 'authorization,x-other'],
    ['https://evil.example', 'authorization'],
    ['null', 'authorization'],
  ] as const) {
    const refused = await preflight(origin, headers);
    expect([origin, headers, refused.ok, allowed(refused.headers)]).toEqual([origin, headers, false, {}]);
  }
});

test('without listed origins there are no such headers', async () => {
  const closed = await ApiWorld.start({ allowedOrigins: [] });
  try {
    const refused = await closed.call('GET', '/api/v1/jobs', { headers: { origin: listed } });
    expect([refused.status, allowed(refused.headers)]).toEqual([403, {}]);
    expect((await closed.call('GET', '/api/v1/jobs')).headers.get('vary') ?? '').not.toContain('Origin');
  } finally {
    await closed.close();
  }
});
