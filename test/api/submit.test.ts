import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView, Page, Problem } from '@artenic/core';
import { ApiWorld, errorOf, type Answer } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const good = { service: 'penguins', command: 'train' };
const submit = (body: unknown, type?: string): Promise<Answer> =>
  world.call('POST', '/api/v1/jobs', { body, ...(type === undefined ? {} : { headers: { 'content-type': type } }) });
const json = (text: string): Promise<Answer> => submit(text, 'application/json');
const yaml = (text: string): Promise<Answer> => submit(text, 'application/yaml');
const firstError = (answer: Answer) => answer.json<Problem>().errors?.[0];
const jobCount = async () => (await world.store.jobs.list({ projectId: 'default', limit: 200 })).items.length;

test('JSON and YAML make the same job; its workflow is started and that is noted', async () => {
  const fromJson = await submit({ ...good, resources: { vcpu: 2 }, labels: { a: 'b' } });
  const fromYaml = await yaml('service: penguins\ncommand: train\nresources:\n  vcpu: 2\nlabels: { a: b }\n');
  expect([fromJson.status, fromYaml.status]).toEqual([202, 202]);
  const job = fromJson.json<JobView>();
  expect(fromYaml.json<JobView>().spec).toEqual(job.spec);
  expect(job).toMatchObject({ state: 'queued', model: 'penguins', createdBy: 'admin', labels: { a: 'b' } });
  expect(fromJson.headers.get('location')).toBe(`/api/v1/jobs/${job.id}`);
  expect(world.temporal.of('start')).toContainEqual([
    job.id,
    { adopt: false, name: 'penguins #1', service: 'penguins' },
  ]);
  expect((await world.store.jobs.get(job.id)).workflowStartedAt).not.toBeNull();
  const read = (await world.call('GET', `/api/v1/jobs/${job.id}`)).json<JobView>();
  expect(read).toEqual(job);
  const older = await world.call('POST', '/api/v1/training/dispatch', { body: good });
  expect(older.status).toBe(202);
});

test('text that cannot be read is 400 and names the line', async () => {
  const wrongJson = await json('{\n  "service": "x",\n  "command" "true"\n}');
  expect(wrongJson.status).toBe(400);
  expect(firstError(wrongJson)).toMatchObject({ line: 3 });
  const wrongYaml = await yaml('service: x\ncommand: "true\n');
  expect(wrongYaml.status).toBe(400);
  expect(firstError(wrongYaml)?.line).toBeGreaterThanOrEqual(2);
  expect((await yaml('a: &a [*a, *a]\n')).status).toBeLessThan(500);
  expect((await json('')).status).toBeGreaterThanOrEqual(400);
});

test('wrong and unknown fields are 422 with pointer and line', async () => {
  const unknown = await json('{\n  "service": "x",\n  "command": "true",\n  "resources": {\n    "cpus": 2\n  }\n}');
  expect(unknown.status).toBe(422);
  expect(firstError(unknown)).toMatchObject({
    pointer: '/resources/cpus',
    line: 5,
    message: expect.stringContaining('cpus'),
  });
  const wrong = await yaml('service: x\ncommand: "true"\nresources:\n  vcpu: many\n');
  expect(firstError(wrong)).toMatchObject({ pointer: '/resources/vcpu', line: 4 });
  expect((await submit({ command: 'true' })).json<Problem>().errors?.map((error) => error.pointer)).toEqual([
    '/service',
  ]);
});

test('a provider that is not set up is told so, a mistyped one is guessed', async () => {
  const messageFor = async (name: string) =>
    (await submit({ service: 'x', command: 'true', placement: { providers: [name] } })).json<Problem>().errors?.[0]
      ?.message;
  expect(await messageFor('aws')).toMatch(/^aws is not set up: ./);
  expect(await messageFor('locall')).toBe('unknown provider "locall"; did you mean "local"?');
  expect(await messageFor('mars')).toBe('unknown provider "mars"; set up: local');
});

test.each<[string, Record<string, unknown>, string, string]>([
  ['more than one node', { resources: { nodes: 2 } }, 'not-yet-supported', '/resources/nodes'],
  ['an image', { environment: { image: `x@sha256:${'0'.repeat(64)}` } }, 'not-yet-supported', '/environment/image'],
  ['more cores than there are', { resources: { vcpu: 5 } }, 'larger-than-machine', '/resources'],
  ['more memory than there is', { resources: { memoryGib: 9 } }, 'larger-than-machine', '/resources'],
  ['accelerators that are not there', { resources: { accelerators: {} } }, 'larger-than-machine', '/resources'],
  ['a budget', { budgetUsd: 5 }, 'not-yet-supported', '/budgetUsd'],
  ['a deadline', { deadline: '2030-01-01T00:00:00Z' }, 'not-yet-supported', '/deadline'],
  ['a duration to plan with', { expectedHours: 2 }, 'not-yet-supported', '/expectedHours'],
  ['a disk of a size', { resources: { diskGib: 10 } }, 'not-yet-supported', '/resources/diskGib'],
  ['an unknown provider', { placement: { providers: ['mars'] } }, 'validation-failed', '/placement/providers'],
  ['a package that is not uploaded', { package: { sha256: 'a'.repeat(64) } }, 'validation-failed', '/package'],
  ['data that is not uploaded', { data: [{ name: 'd', sha256: 'b'.repeat(64) }] }, 'validation-failed', '/data/0'],
  ['a path that climbs', { data: [{ name: '../d', sha256: 'b'.repeat(64) }] }, 'validation-failed', '/data/0/name'],
  ['NUL in a string', { labels: { a: 'b\0c' } }, 'validation-failed', ''],
  ['NUL in a name', { config: { 'b\0c': 1 } }, 'validation-failed', ''],
])('%s is refused before anything is made', async (_, part, type, pointer) => {
  const before = await jobCount();
  const answer = await submit({ ...good, ...part });
  expect([answer.status, errorOf(answer)]).toEqual([422, type]);
  expect(firstError(answer)?.pointer ?? '').toMatch(new RegExp(`^${pointer}`));
  expect(await jobCount()).toBe(before);
});

test('an uploaded package is enough', async () => {
  const sha256 = createHash('sha256').update('code').digest('hex');
  expect((await world.call('PUT', `/api/v1/objects/packages/${sha256}`, { body: Buffer.from('code') })).status).toBe(
    201,
  );
  expect((await submit({ ...good, package: { sha256 } })).status).toBe(202);
});

test('nesting is bounded in JSON and in YAML', async () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect((await json(`{"service": "x", "command": "true", "config": {"a": ${nested(20)}}}`)).status).toBe(202);
  for (const depth of [40, 100_000]) {
    expect((await json(`{"service": "x", "command": "true", "config": {"a": ${nested(depth)}}}`)).status).toBe(422);
    const answer = await yaml(`service: x\ncommand: "true"\nconfig: { a: ${nested(depth)} }\n`);
    expect([depth, answer.status >= 400 && answer.status < 500]).toEqual([depth, true]);
  }
  expect((await world.call('GET', '/livez')).status).toBe(200);
}, 30_000);

test('a body over the limit is 413, with and without a declared length', async () => {
  const body = `{"service": "${'x'.repeat(2_000_000)}"}`;
  expect((await json(body)).status).toBe(413);
  const chunked = await new Promise<number>((done, fail) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port: world.port, method: 'POST', path: '/api/v1/jobs' },
        headers: { authorization: `Bearer ${world.key}`, 'content-type': 'application/json' },
      },
      (response) => {
        response.resume();
        done(response.statusCode ?? 0);
      },
    );
    sent.once('error', fail);
    for (let index = 0; index < 20; index++) sent.write(body.slice(0, 100_000));
    sent.end();
  });
  expect(chunked).toBe(413);
});

test('content types, methods, paths and encodings that are not there', async () => {
  expect((await submit('service: x', 'text/plain')).status).toBe(415);
  expect((await submit('a=b', 'application/x-www-form-urlencoded')).status).toBe(415);
  expect((await submit(JSON.stringify(good), 'application/json; charset=utf-8')).status).toBe(202);
  const wrongMethod = await world.call('DELETE', '/api/v1/jobs');
  expect([wrongMethod.status, errorOf(wrongMethod)]).toEqual([405, 'method-not-allowed']);
  expect(wrongMethod.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(['GET', 'POST']));
  expect((await world.call('GET', '/api/v1/nothing')).status).toBe(404);
  const encoding = await world.call('GET', '/api/v1/jobs/%zz');
  expect([encoding.status, errorOf(encoding)]).toEqual([400, 'malformed-request']);
  expect((await world.call('GET', '/api/v1/jobs/not-a-uuid')).status).toBe(422);
  expect((await world.call('GET', `/api/v1/jobs/${randomUUID()}`)).status).toBe(404);
  expect((await world.call('GET', '/api/v1/jobs?surprise=1')).status).toBe(422);
});

test('pages go on where the last one ended, newest first, and filters hold', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 7; index++) ids.unshift((await submit({ ...good, service: 'paged' })).json<JobView>().id);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const path = `/api/v1/jobs?service=paged&limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: Page<JobView> = (await world.call('GET', path)).json();
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.items.map((job) => job.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(ids);
  const running = await world.call('GET', '/api/v1/jobs?service=paged&state=running');
  expect(running.json<Page<JobView>>().items).toEqual([]);
  const forged = Buffer.from('["x","y"]').toString('base64url');
  for (const bad of ['nonsense', forged, '%00'])
    expect([bad, (await world.call('GET', `/api/v1/jobs?cursor=${bad}`)).status]).toEqual([bad, 422]);
  for (const limit of ['0', '201', 'x', '1.5', '-1'])
    expect([limit, (await world.call('GET', `/api/v1/jobs?limit=${limit}`)).status]).toEqual([limit, 422]);
});

test('a cancel is accepted, may be repeated, and comes too late for an ended job', async () => {
  const { id } = (await submit(good)).json<JobView>();
  const first = await world.call('POST', `/api/v1/jobs/${id}/cancel`);
  expect(first.status).toBe(202);
  const { state, cancelRequestedAt } = first.json<JobView>();
  expect(state).toBe('cancelling');
  const again = await world.call('POST', `/api/v1/jobs/${id}/cancel`);
  expect([again.status, again.json<JobView>().cancelRequestedAt]).toEqual([202, cancelRequestedAt]);
  expect(world.temporal.of('cancel')).toContainEqual([id]);
  await world.store.jobs.transition(id, 'cancelled');
  const late = await world.call('POST', `/api/v1/jobs/${id}/cancel`);
  expect([late.status, errorOf(late)]).toEqual([409, 'conflict']);
  expect((await world.call('POST', `/api/v1/jobs/${randomUUID()}/cancel`)).status).toBe(404);
});

test('while Temporal is away, jobs and cancels are taken and left for the relay', async () => {
  world.temporal.isAway = true;
  try {
    const submitted = await submit(good);
    expect(submitted.status).toBe(202);
    const { id } = submitted.json<JobView>();
    expect(await world.store.jobs.get(id)).toMatchObject({ state: 'queued', workflowStartedAt: null });
    expect((await world.call('POST', `/api/v1/jobs/${id}/cancel`)).status).toBe(202);
    expect((await world.store.jobs.get(id)).cancelRequestedAt).not.toBeNull();
  } finally {
    world.temporal.isAway = false;
  }
});
