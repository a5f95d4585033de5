import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addKey, sha256Of, startApi, type Api } from './support.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const spec = { service: 'iris', command: 'true' };
const submit = (json: unknown, headers = {}) => api.call('POST', '/api/v1/jobs', { json, headers });

describe('submit', () => {
  test('answers 202 with the job, which a GET finds at once and Temporal has', async () => {
    const made = await submit({ ...spec, labels: { team: 'a' } });
    expect(made.status).toBe(202);
    expect(made.body).toMatchObject({ state: 'queued', service: 'iris', model: 'iris', labels: { team: 'a' } });
    expect(made.headers.get('location')).toBe(`/api/v1/jobs/${made.body.id}`);
    const got = await api.call('GET', `/api/v1/jobs/${made.body.id}`);
    expect(got.body).toEqual(made.body);
    expect(await api.temporal.describe(made.body.workflowId)).toBe('open');
    expect((await api.store.jobs.get(made.body.id)).workflowStartedAt).not.toBeNull();
  });

  test('takes YAML, and the older path', async () => {
    const body = 'service: iris\ncommand:\n  - python3\n  - train.py\nresources: { vcpu: 2 }\n';
    const made = await api.call('POST', '/api/v1/training/dispatch', { body, type: 'application/yaml' });
    expect(made.status).toBe(202);
    expect(made.body.spec).toMatchObject({ command: ['python3', 'train.py'], resources: { vcpu: 2 } });
  });

  test.each([
    ['an unknown field in YAML', 'application/yaml', 'service: iris\ncommand: x\ncomand: y\n', 422, 3, 'comand'],
    ['a wrong value in YAML', 'text/yaml', 'service: iris\ncommand: x\nresources:\n  vcpu: many\n', 422, 4, 'number'],
    ['broken YAML', 'application/yaml', 'service: iris\ncommand: [x\n', 400, 3, 'Flow sequence'],
    ['a repeated key', 'application/yaml', 'service: iris\ncommand: x\nservice: b\n', 400, 3, 'unique'],
    [
      'an unknown field in JSON',
      'application/json',
      '{\n "service": "iris",\n "command": "x",\n "gpu": 1\n}',
      422,
      4,
      'gpu',
    ],
    ['broken JSON', 'application/json', '{\n "service": "iris",\n "command" "x"\n}', 400, 3, '":"'],
    ['JSON that ends early', 'application/json', '{\n "service": "iris",', 400, 2, 'the end'],
  ])('%s is told with its line', async (_what, type, body, status, line, words) => {
    const refused = await api.call('POST', '/api/v1/jobs', { body, type });
    expect(refused.status).toBe(status);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body.errors[0].line).toBe(line);
    expect(refused.body.detail).toContain(words);
  });

  test.each([
    ['several nodes', { resources: { nodes: 2 } }, 'not-yet-supported', /nodes/],
    [
      'an image on this machine',
      { environment: { image: `a@sha256:${'a'.repeat(64)}` } },
      'not-yet-supported',
      /image/,
    ],
    ['more cores than there are', { resources: { vcpu: 5 } }, 'larger-than-machine', /5 cores; local has 4/],
    ['more memory than there is', { resources: { memoryGib: 9 } }, 'larger-than-machine', /9 GiB/],
    ['a GPU where there is none', { resources: { accelerators: { count: 1 } } }, 'larger-than-machine', /accelerators/],
    ['an unknown provider', { placement: { providers: ['moon'] } }, 'validation-failed', /"moon"/],
    ['a package that is not uploaded', { package: { sha256: sha256Of('p') } }, 'validation-failed', /not uploaded/],
    [
      'data that are not uploaded',
      { data: [{ name: 'a', sha256: sha256Of('d') }] },
      'validation-failed',
      /not uploaded/,
    ],
    ['a NUL character', { config: { a: 'x\0y' } }, 'validation-failed', /NUL/],
    ['a lone surrogate', { config: { a: '\ud800' } }, 'validation-failed', /surrogate/],
    ['nesting', { config: { a: JSON.parse('['.repeat(40) + ']'.repeat(40)) } }, 'validation-failed', /nested/],
  ])('%s is refused with 422 and a reason', async (_what, part, type, words) => {
    const refused = await submit({ ...spec, ...part });
    expect(refused.status).toBe(422);
    expect(refused.body.type).toBe(`urn:artenic:error:${type}`);
    expect(refused.body.detail).toMatch(words);
    expect(refused.body.errors ?? []).not.toContain(undefined);
  });

  test('what is uploaded may be named', async () => {
    const content = 'a package';
    const sha256 = sha256Of(content);
    await api.call('PUT', `/api/v1/objects/packages/${sha256}`, { body: content, type: 'application/gzip' });
    expect((await submit({ ...spec, package: { sha256 } })).status).toBe(202);
  });

  test('with Temporal away the answer is still 202, soon, and the relay has something to start', async () => {
    const { createTemporalGateway } = await import('../../api/temporal-gateway.ts');
    const temporal = createTemporalGateway({ address: '127.0.0.1:1', namespace: 'nowhere' });
    const alone = await startApi({ deps: { temporal } });
    try {
      const startedMs = performance.now();
      const made = await alone.call('POST', '/api/v1/jobs', { json: spec });
      expect(made.status).toBe(202);
      expect(performance.now() - startedMs).toBeLessThan(3000);
      expect((await alone.store.jobs.get(made.body.id)).workflowStartedAt).toBeNull();
      const cancelled = await alone.call('POST', `/api/v1/jobs/${made.body.id}/cancel`);
      expect(cancelled.status).toBe(202);
      expect(cancelled.body.state).toBe('cancelling');
      const ready = await alone.call('GET', '/readyz', { key: null });
      expect(ready.body).toEqual({ ready: true, checks: { database: 'ok', temporal: 'unreachable' } });
    } finally {
      await alone.close();
      await temporal.close();
    }
  });
});

describe('list', () => {
  test('pages newest first without a job twice or left out, also by state and service', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index++)
      ids.unshift((await submit({ ...spec, service: 'paged' })).body.id as string);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await api.call(
        'GET',
        `/api/v1/jobs?service=paged&state=queued&limit=3${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.body.items.map((job: { id: string }) => job.id));
      cursor = page.body.nextCursor;
    }
    expect(seen).toEqual(ids);
    expect((await api.call('GET', '/api/v1/jobs?service=paged&state=failed')).body.items).toEqual([]);
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'state=odd',
    'cursor=nonsense',
    'surprise=1',
    'limit=1&limit=2',
    'service=%00',
  ])('%s is refused', async (query) => {
    expect((await api.call('GET', `/api/v1/jobs?${query}`)).status).toBe(422);
  });

  test('a cursor of our form with somebody else’s values is refused, not a fault', async () => {
    const cursor = Buffer.from(JSON.stringify(['never', 'x\0'])).toString('base64url');
    expect((await api.call('GET', `/api/v1/jobs?cursor=${cursor}`)).status).toBe(422);
  });
});

describe('cancel', () => {
  test('is recorded, reaches Temporal, and may be asked again', async () => {
    const { body: job } = await submit(spec);
    const cancelled = await api.call('POST', `/api/v1/jobs/${job.id}/cancel`);
    expect(cancelled.status).toBe(202);
    expect(cancelled.body).toMatchObject({ state: 'cancelling', cancelRequestedAt: expect.any(String) });
    const again = await api.call('POST', `/api/v1/jobs/${job.id}/cancel`);
    expect(again.status).toBe(202);
    expect(again.body.cancelRequestedAt).toBe(cancelled.body.cancelRequestedAt);
    const { Client, Connection } = await import('@temporalio/client');
    const connection = await Connection.connect({ address: process.env['ARTENIC_TEST_TEMPORAL_ADDRESS'] ?? '' });
    const history = await new Client({ connection, namespace: api.namespace }).workflow
      .getHandle(job.workflowId)
      .fetchHistory();
    await connection.close();
    const kinds = (history.events ?? []).map((event) => event.workflowExecutionCancelRequestedEventAttributes);
    expect(kinds.filter((found) => found !== null && found !== undefined)).toHaveLength(1);
  });

  test('of a job that has ended is 409', async () => {
    const { body: job } = await submit(spec);
    await api.store.jobs.transition(job.id, 'failed', { message: 'x' });
    const refused = await api.call('POST', `/api/v1/jobs/${job.id}/cancel`);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('failed');
  });

  test('of a job that is not there is 404, and of what is no id 422', async () => {
    expect((await api.call('POST', '/api/v1/jobs/0199aaaa-0000-7000-8000-000000000000/cancel')).status).toBe(404);
    expect((await api.call('POST', '/api/v1/jobs/x/cancel')).status).toBe(422);
  });
});

test('another project’s job is not there', async () => {
  const { body: job } = await submit(spec);
  const key = await addKey(api.store, 'stranger', 'other');
  const paths = ['', '/attempts', '/logs', '/metrics', '/decisions', '/outputs/1/model.onnx'];
  for (const path of paths) expect((await api.call('GET', `/api/v1/jobs/${job.id}${path}`, { key })).status).toBe(404);
  expect((await api.call('POST', `/api/v1/jobs/${job.id}/cancel`, { key })).status).toBe(404);
  expect((await api.call('GET', '/api/v1/jobs', { key })).body.items).toEqual([]);
});

describe('what belongs to a job', () => {
  test('attempts, decisions and outputs', async () => {
    const { body: job } = await submit(spec);
    expect((await api.call('GET', `/api/v1/jobs/${job.id}/attempts`)).body).toEqual({ items: [] });
    expect((await api.call('GET', `/api/v1/jobs/${job.id}/decisions`)).body).toEqual({ items: [] });
    await api.storage.put(`jobs/${job.id}/attempts/1/outputs/a/b.txt`, new TextEncoder().encode('hello'));
    const file = await api.call('GET', `/api/v1/jobs/${job.id}/outputs/1/a/b.txt`);
    expect([file.status, file.text]).toEqual([200, 'hello']);
    expect(file.headers.get('content-disposition')).toBe('attachment');
    const paths = ['a/%2e%2e/%2e%2e/x', 'a%2f..%2f..%2fx', '..%2f..%2fx', 'a%00b', 'missing.txt'];
    for (const path of paths)
      expect([404, 422]).toContain((await api.call('GET', `/api/v1/jobs/${job.id}/outputs/1/${path}`)).status);
  });
});
