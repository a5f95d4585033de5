import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ApiWorld } from './harness.ts';

type Line = Readonly<Record<string, unknown>>;
const lines: Line[] = [];
const logger = pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
let world: ApiWorld;
let jobId: string;
beforeAll(async () => {
  world = await ApiWorld.start({ logger, hasAccessLog: true });
  const runner = await world.startRunner();
  jobId = runner.jobId;
});
afterAll(() => world.close());

type Raw = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: Buffer };
function raw(path: string, headers: Record<string, string> = {}): Promise<Raw> {
  const options = { host: '127.0.0.1', port: world.port, path };
  return new Promise((done, fail) => {
    request({ ...options, headers: { authorization: `Bearer ${world.key}`, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    })
      .once('error', fail)
      .end();
  });
}

test('lists are compressed for those who ask for it, and the same for all', async () => {
  for (let made = 0; made < 4; made++) await world.addJob();
  const [plain, gzipped] = [await raw('/api/v1/jobs'), await raw('/api/v1/jobs', { 'accept-encoding': 'gzip' })];
  expect([plain.headers['content-encoding'], gzipped.headers['content-encoding']]).toEqual([undefined, 'gzip']);
  expect(gunzipSync(gzipped.body).toString()).toBe(plain.body.toString());
  expect(gzipped.body.length).toBeLessThan(plain.body.length / 2);
  expect([plain.headers['vary'], gzipped.headers['content-length']]).toEqual(['Origin, Accept-Encoding', undefined]);
});

test.each(['/metrics', '/openapi.json', '/livez'])('%s is sent as it is', async (path) => {
  expect((await raw(path, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
});

test('each request has a line with its caller and correlation id, and without what it was sent', async () => {
  const before = lines.length;
  const answer = await raw(`/api/v1/jobs/${jobId}?token=secret-in-the-query`, {
    'x-correlation-id': 'of-the-test',
    cookie: 'other=secret-in-a-cookie',
  });
  await raw('/livez');
  await world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey: 'secret-in-the-body' } });
  const [mine, signIn, ...others] = lines.slice(before);
  expect(others).toEqual([]);
  expect(mine).toMatchObject({
    ...{ level: 30, msg: 'request', method: 'GET', route: '/api/v1/jobs/{id}', path: `/api/v1/jobs/${jobId}` },
    ...{ status: answer.status, from: '127.0.0.1', correlationId: 'of-the-test' },
    caller: expect.stringMatching(/^key:/),
  });
  expect(signIn).toMatchObject({ route: '/api/v1/session/sign-in', status: 401 });
  expect(signIn).not.toHaveProperty('caller');
  expect(JSON.stringify(lines)).not.toMatch(/secret-in|aa_live_/);
});

test('the address behind a trusted proxy is the caller’s', async () => {
  const behind = await ApiWorld.start({ logger, hasAccessLog: true, trustedProxies: ['127.0.0.0/8'] });
  try {
    const before = lines.length;
    await behind.call('GET', '/api/v1/jobs', { headers: { 'x-forwarded-for': '10.9.9.9, 192.0.2.7' } });
    expect(lines.slice(before).map(({ from }) => from)).toEqual(['192.0.2.7']);
  } finally {
    await behind.close();
  }
});
