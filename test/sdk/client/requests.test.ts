import { afterEach, describe, expect, test } from '@jest/globals';
import { ArtenicApiError, ArtenicUnreachableError, createClient } from '@artenic/client';
import { jobView, problem, startFakeApi, type Answer, type Call, type FakeApi } from './fake-api.ts';

const apiKey = 'aa_live_test';
let api: FakeApi | null = null;

async function against(
  answer: (call: Call, count: number) => Answer,
  options: { readonly retries?: number; readonly timeoutMs?: number } = {},
) {
  api = await startFakeApi(answer);
  return { client: createClient({ url: api.url, apiKey, ...options }), calls: api.calls };
}

afterEach(async () => {
  await api?.close();
  api = null;
});

describe('a request', () => {
  test('carries the key and, when it is a POST, an idempotency key of its own', async () => {
    const { client, calls } = await against(() => ({ body: jobView('queued') }));
    await client.jobs.submit({ service: 'a', command: 'true' });
    await client.jobs.submit({ service: 'a', command: 'true' });
    await client.jobs.submit({ service: 'a', command: 'true' }, { idempotencyKey: 'mine' });
    await client.jobs.get('1');
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v1/jobs',
      'POST /api/v1/jobs',
      'POST /api/v1/jobs',
      'GET /api/v1/jobs/1',
    ]);
    expect(new Set(calls.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${apiKey}`]));
    const [first, second, third, get] = calls.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[\x21-\x7e]{16,255}$/);
    expect(second).not.toBe(first);
    expect([third, get]).toEqual(['mine', undefined]);
  });

  test('escapes what comes from outside', async () => {
    const { client, calls } = await against(() => ({ body: jobView('queued') }));
    await client.jobs.get('../models?x=1');
    expect(calls[0]?.path).toBe('/api/v1/jobs/..%2Fmodels%3Fx%3D1');
  });

  test('asks for each metric by its whole name', async () => {
    const { client, calls } = await against(() => ({ body: { items: [] } }));
    await client.jobs.metrics('1', { names: ['recall, top-5', 'a&b'], limit: 2 });
    await client.jobs.metrics('1');
    expect(calls.map(({ query }) => [query.getAll('name'), query.get('limit')])).toEqual([
      [['recall, top-5', 'a&b'], '2'],
      [[], null],
    ]);
  });

  test('fails with the problem document, once, when repeating cannot help', async () => {
    const { client, calls } = await against(() => problem('conflict', 409, 'The job has ended.'));
    const error: unknown = await client.jobs.cancel('1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArtenicApiError);
    expect(error).toMatchObject({ message: 'The job has ended.', problem: { status: 409, correlationId: 'c-1' } });
    expect(calls).toHaveLength(1);
  });

  test('says so when the error is not one of ours', async () => {
    const { client } = await against(() => ({ status: 500, body: '<html>' }));
    await expect(client.jobs.get('1')).rejects.toMatchObject({ problem: { status: 500 } });
  });

  test('that gets an answer of another shape fails without showing internals', async () => {
    const { client } = await against(() => ({ body: { id: 7 } }));
    const error: unknown = await client.jobs.get('1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArtenicUnreachableError);
    expect(String(error)).toMatch(/is unexpected/);
  });
});

describe('is repeated', () => {
  test.each([
    ['when the API asks to wait', { ...problem('unavailable', 503), headers: { 'retry-after': '0' } }],
    ['when there are too many requests', { ...problem('rate-limited', 429), headers: { 'retry-after': '0' } }],
    ['while the first one with its key still runs', problem('idempotency-in-flight', 409)],
    ['when the connection breaks before the answer', { cut: 'at-once' }],
    ['when the connection breaks in the answer', { body: jobView('queued'), cut: 'in-body' }],
  ] satisfies readonly (readonly [string, Answer])[])('%s, under the same key', async (_, failure) => {
    const { client, calls } = await against((__, count) =>
      count < 3 ? failure : { status: 202, body: jobView('queued') },
    );
    expect(await client.jobs.submit({ service: 'a', command: 'true' })).toMatchObject({ state: 'queued' });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('not for ever', async () => {
    const { client, calls } = await against(() => ({ cut: 'at-once' }), { retries: 1 });
    await expect(client.jobs.get('1')).rejects.toBeInstanceOf(ArtenicUnreachableError);
    expect(calls).toHaveLength(2);
  });

  test('not when the API asks to wait for longer than anybody would', async () => {
    const { client, calls } = await against(() => ({
      ...problem('unavailable', 503),
      headers: { 'retry-after': '3600' },
    }));
    await expect(client.jobs.get('1')).rejects.toMatchObject({ problem: { retryAfterSeconds: 3600 } });
    expect(calls).toHaveLength(1);
  });

  test('not after the caller has given up', async () => {
    const { client } = await against(() => ({ ...problem('unavailable', 503), headers: { 'retry-after': '20' } }));
    const given = AbortSignal.timeout(100);
    await expect(client.jobs.get('1', { signal: given })).rejects.toMatchObject({ name: 'TimeoutError' });
    // Less than the delay that the API asks for.
  }, 15_000);
});

test('nobody there: unreachable, with the address', async () => {
  const { client } = await against(() => ({}), { retries: 0 });
  const url = api?.url ?? '';
  await api?.close();
  await expect(client.jobs.get('1')).rejects.toThrow(url);
  await expect(client.jobs.get('1')).rejects.toBeInstanceOf(ArtenicUnreachableError);
});

describe('lists', () => {
  test('are read page by page, only as far as needed', async () => {
    const { client, calls } = await against(({ query }) => {
      const cursor = Number(query.get('cursor') ?? 0);
      const items = [0, 1].map((index) => jobView('queued', { id: String(cursor * 2 + index) }));
      return { body: { items, nextCursor: cursor === 2 ? null : String(cursor + 1) } };
    });
    const ids: string[] = [];
    for await (const { id } of client.jobs.list({ state: 'queued', service: 'penguins', pageSize: 2 })) ids.push(id);
    expect(ids).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(calls.map(({ query }) => query.toString())).toEqual([
      'limit=2&state=queued&service=penguins',
      'cursor=1&limit=2&state=queued&service=penguins',
      'cursor=2&limit=2&state=queued&service=penguins',
    ]);
    for await (const _ of client.jobs.list()) break;
    expect(calls).toHaveLength(4);
  });
});

describe('uploads', () => {
  test('send what is missing, once, as it is', async () => {
    const stored = new Map<string, Buffer>();
    const { client, calls } = await against(({ method, path, body }) => {
      if (method === 'HEAD') return { status: stored.has(path) ? 200 : 404 };
      stored.set(path, body);
      return { status: 201, body: {} };
    });
    const content = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    expect(await client.objects.upload('data', 'ab', () => content)).toBe(true);
    expect(await client.objects.upload('data', 'ab', () => content)).toBe(false);
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /api/v1/objects/data/ab',
      'PUT /api/v1/objects/data/ab',
      'HEAD /api/v1/objects/data/ab',
    ]);
    expect(stored.get('/api/v1/objects/data/ab')).toEqual(Buffer.from(content));
  });

  test('make their content anew for every try', async () => {
    const { client, calls } = await against(({ method }, count) =>
      method === 'HEAD' ? { status: 404 } : count < 3 ? { cut: 'at-once' } : { status: 201, body: {} },
    );
    const stream = () => new Blob(['abc', 'def']).stream();
    expect(await client.objects.upload('packages', 'ab', stream)).toBe(true);
    expect(calls.map(({ body }) => body.toString())).toEqual(['', 'abcdef', 'abcdef']);
  });

  test('may take longer than an answer may', async () => {
    const { client } = await against(({ method }) => ({ status: method === 'HEAD' ? 404 : 201, body: {} }), {
      timeoutMs: 300,
      retries: 0,
    });
    const slow = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 600));
          controller.enqueue(new TextEncoder().encode('late'));
          controller.close();
        },
      });
    expect(await client.objects.upload('data', 'ab', slow)).toBe(true);
  });
});

describe('health', () => {
  test('not ready is an answer, not a failure', async () => {
    const database = { state: 'unreachable', tookMs: 2000, reason: 'connection refused' };
    const providers = [{ name: 'local', usable: false, message: 'no disk' }];
    const about = { version: '0', upSeconds: 1, worker: null, problems: [] };
    const body = { status: 'not ready', ready: false, ...about, checks: { database }, providers };
    const { client, calls } = await against(() => ({ status: 503, headers: { 'retry-after': '1' }, body }));
    expect(await client.health()).toEqual(body);
    expect(calls).toHaveLength(1);
  });

  test('ready', async () => {
    const about = { version: '0', upSeconds: 1, worker: null, problems: [] };
    const body = { status: 'ok', ready: true, ...about, checks: {}, providers: [] };
    const { client } = await against(() => ({ body }));
    expect(await client.health()).toEqual(body);
  });
});
