import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callerAddress } from '../../api/middleware/open-limits.ts';
import { createMetrics } from '../../api/metrics/metrics.ts';
import { createRoutes } from '../../api/routes/index.ts';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import { ApiWorld, errorOf, keyPepper } from '../api/harness.ts';

const routes = createRoutes({ version: '0' }, createMetrics());
/** A clock that stands still, so that no window ends on a slow machine. */
let nowMs = Date.now();
let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ now: () => new Date(nowMs) });
});
// Each test begins in a new window.
beforeEach(() => {
  nowMs += 60_000;
});
afterAll(() => world.close());

/** Statuses of `limit` requests, ten at a time, and of one more. */
async function askPast(limit: number, ask: () => Promise<number>): Promise<readonly number[]> {
  const statuses = new Set<number>();
  for (let asked = 0; asked < limit; asked += 10)
    for (const status of await Promise.all(Array.from({ length: 10 }, ask))) statuses.add(status);
  return [...statuses.add(await ask())];
}

test('each open route has a limit, and no other route needs one', () => {
  const open = routes.filter(({ permission }) => permission === 'open');
  expect(open.length).toBeGreaterThan(10);
  for (const { path, openLimit } of open) expect([path, openLimit === null]).toEqual([path, false]);
  for (const { path, openLimit, permission } of routes)
    expect([path, permission === 'open' || openLimit === null]).toEqual([path, true]);
});

test('reports beyond the limit are refused with the time to come back', async () => {
  const report = () => world.call('POST', '/api/v1/csp-reports', { bearer: null, body: {} });
  expect(await askPast(120, async () => (await report()).status)).toEqual([204, 429]);
  const refused = await report();
  expect([refused.status, errorOf(refused)]).toEqual([429, 'rate-limited']);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  // Each route has its own count.
  expect((await world.call('GET', '/livez', { bearer: null })).status).toBe(200);
});

test('wrong keys at the sign-in are counted, right ones are not', async () => {
  const signIn = (apiKey: string) =>
    world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey } }).then(({ status }) => status);
  expect(await askPast(120, () => signIn(world.key))).toEqual([200]);
  expect(await askPast(120, () => signIn('nonsense'))).toEqual([401, 429]);
  expect(await signIn(world.key)).toBe(429);
  nowMs += 60_000;
  expect(await signIn(world.key)).toBe(200);
}, 60_000);

test('runners with a wrong bootstrap token are sent away before their token is looked at', async () => {
  const { attemptId } = await world.startRunner();
  const bootstrap = (bootstrapToken: string) =>
    world
      .call('POST', '/api/v1/runner/bootstrap', { bearer: null, body: { attemptId, bootstrapToken } })
      .then(({ status }) => status);
  expect(await askPast(120, () => bootstrap(bootstrapTokenOf(keyPepper, attemptId)))).toEqual([200]);
  expect(await askPast(120, () => bootstrap('x'.repeat(32)))).toEqual([401, 429]);
});

/** Status of a request whose sender claims an address. */
function statusFrom(forwardedFor: string): Promise<number> {
  const options = { host: '127.0.0.1', port: world.port, path: '/openapi.json' };
  return new Promise((done, fail) => {
    request({ ...options, headers: { 'x-forwarded-for': forwardedFor } }, (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode ?? 0));
    })
      .once('error', fail)
      .end();
  });
}

test('an address cannot be made up', async () => {
  let last = 0;
  expect(await askPast(60, () => statusFrom(`10.0.0.${last++}`))).toEqual([200, 429]);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::1', '0:0:0:0'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
])('%s counts as %s', (address, caller) => {
  expect(callerAddress(address)).toBe(caller);
});
