import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeKey, parseKey } from '../../app/access/keys.ts';
import { addKey, ApiWorld, errorOf } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({}, { fetchModel: () => Promise.reject(new Error('inner words')) });
});
afterAll(() => world.close());

/** `fetch` does not let a caller choose the host. */
function statusWith(headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port: world.port, path: '/livez', headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body }));
    });
    sent.once('error', fail).end();
  });
}

test('only a known, unrevoked key with its checksum is let in', async () => {
  expect((await world.call('GET', '/api/v1/jobs')).status).toBe(200);
  const revoked = await addKey(world.store, 'former');
  expect((await world.call('GET', '/api/v1/jobs', { bearer: revoked })).status).toBe(200);
  await world.store.apiKeys.revoke(parseKey(revoked)?.id ?? '', new Date());
  const otherChecksum = `${world.key.slice(0, -1)}${world.key.endsWith('0') ? '1' : '0'}`;
  // The right id with another secret: its row is found, but that must not be enough.
  const otherSecret = makeKeyWithId(parseKey(world.key)?.id ?? '');
  for (const bearer of [null, revoked, makeKey(), otherSecret, otherChecksum, 'nonsense', '']) {
    const answer = await world.call('GET', '/api/v1/jobs', { bearer });
    expect([bearer, answer.status]).toEqual([bearer, 401]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(errorOf(answer)).toBe('unauthorized');
  }
  for (const authorization of [`Basic ${world.key}`, `Bearer  ${world.key} x`, world.key]) {
    const answer = await world.call('GET', '/api/v1/jobs', { bearer: null, headers: { authorization } });
    expect([authorization, answer.status]).toEqual([authorization, 401]);
  }
});

/** A well-formed key with the id of another key. */
function makeKeyWithId(id: string): string {
  const body = `aa_live_${id}_${randomBytes(32).toString('base64url')}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}

test('an attempt token is no key, and a key is no attempt token', async () => {
  const runner = await world.startRunner();
  expect((await world.call('GET', '/api/v1/jobs', { bearer: runner.token })).status).toBe(401);
  expect((await world.ship({ token: world.key }, 'heartbeat', { phase: 'setup', progress: null })).status).toBe(401);
});

test('foreign hosts and origins are refused, also on open routes', async () => {
  const host = `127.0.0.1:${world.port}`;
  const rows: readonly (readonly [Record<string, string>, number])[] = [
    [{ host }, 200],
    [{ host: 'localhost:1' }, 200],
    [{ host: '[::1]:8' }, 200],
    [{ host: 'ARTENIC.test' }, 200],
    [{ host: 'evil.test' }, 403],
    [{ host: 'localhost.evil.test' }, 403],
    [{ host: '127.0.0.1.evil.test' }, 403],
    [{ host, origin: `http://${host}` }, 200],
    [{ host, origin: 'https://ui.test' }, 200],
    [{ host, origin: 'https://evil.test' }, 403],
    [{ host, origin: 'null' }, 403],
    [{ host, origin: 'https://ui.test.evil.test' }, 403],
    [{ host: 'evil.test', origin: 'http://evil.test' }, 403],
  ];
  for (const [headers, status] of rows)
    expect([headers, (await statusWith(headers)).status]).toEqual([headers, status]);
  expect((await statusWith({ host: 'evil.test' })).body).toContain('urn:artenic:error:forbidden');
});

test('security headers and the correlation id are on every answer', async () => {
  const sha256 = 'a'.repeat(64);
  await world.deps.storage.put(`models/${sha256}`, Buffer.from('model'));
  const answers = await Promise.all([
    world.call('GET', '/livez', { bearer: null }),
    world.call('GET', '/api/v1/jobs', { bearer: null }),
    world.call('GET', '/nothing/here'),
    world.call('POST', '/api/v1/models', { body: { model: 'm', sha256 } }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 401, 404, 500]);
  for (const { headers } of answers) {
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-frame-options')).toMatch(/^(?:DENY|SAMEORIGIN)$/);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-correlation-id')).toMatch(/^[\w.-]{8,}$/);
  }
});

test('a fault of our own tells its correlation id and nothing of its inside', async () => {
  const sha256 = 'b'.repeat(64);
  await world.deps.storage.put(`models/${sha256}`, Buffer.from('model'));
  const answer = await world.call('POST', '/api/v1/models', {
    body: { model: 'm', sha256 },
    headers: { 'x-correlation-id': 'mine-42' },
  });
  expect(answer.status).toBe(500);
  expect(answer.headers.get('x-correlation-id')).toBe('mine-42');
  expect(answer.json()).toMatchObject({ type: 'urn:artenic:error:internal', correlationId: 'mine-42' });
  expect(answer.text).not.toMatch(/inner words|\bat .*:\d+|\.ts|node_modules/);
});

test('a correlation id that could forge a log line is replaced', async () => {
  for (const given of ['has space', 'x'.repeat(129), '<script>'])
    expect(
      (await world.call('GET', '/livez', { headers: { 'x-correlation-id': given } })).headers.get('x-correlation-id'),
    ).toMatch(/^[0-9a-f-]{36}$/);
});

test('liveness needs nothing; readiness says what is away', async () => {
  expect((await world.call('GET', '/readyz', { bearer: null })).json()).toEqual({
    ready: true,
    checks: { database: 'ok', temporal: 'ok' },
  });
  world.temporal.isAway = true;
  try {
    const answer = await world.call('GET', '/readyz', { bearer: null });
    expect(answer.status).toBe(200);
    expect(answer.json<{ checks: { temporal: string } }>().checks.temporal).not.toBe('ok');
  } finally {
    world.temporal.isAway = false;
  }
});
