import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { completionMarkerSchema } from '@artenic/core';
import { defaultWorld } from '../../simulated-cloud/rules/default-world.ts';
import type { Judgement } from '../../simulated-cloud/rules/judge.ts';
import { worldSchema, type WorldInput } from '../../simulated-cloud/rules/world.ts';
import { startCloud, type CloudServer } from '../../simulated-cloud/server.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';

const runnerEntry = fileURLToPath(new URL('../activities/providers/scripted-runner.mjs', import.meta.url));
const key = 'a key of sixteen letters';
const controlKey = 'a control key of its own';
const patienceMs = 20_000;

type Instance = { readonly instanceId: string; readonly state: string; readonly stateReason: string | null };
type Answer<T> = { readonly status: number; readonly headers: Headers; readonly body: T };

let home = '';
let server: CloudServer | null = null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'artenic-cloud-'));
});

afterEach(async () => {
  await server?.cloud.endAll();
  await server?.close();
  server = null;
  const left = processesWith(home);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
  expect(left).toEqual([]);
});

async function open(options: Partial<WorldInput> = {}): Promise<CloudServer> {
  const still = { bootSeconds: [0, 0], listLagSeconds: [0, 0], preemption: {} } satisfies Partial<WorldInput>;
  const keys = [{ id: 'default', key }];
  const world = worldSchema.parse({ ...defaultWorld, ...still, keys, controlKey, ...options });
  server = await startCloud({ world, home, runnerEntry, nodePath: process.execPath, port: 0 });
  return server;
}

async function ask<T>(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const secret = path.startsWith('/control') ? controlKey : key;
  const response = await fetch(`${server?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('application/json') === true;
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

async function create(attempt: string, options: object = {}): Promise<string> {
  const userData = JSON.stringify({ attemptId: attempt, storage: { root: home } });
  const request = { name: attempt, region: 'eu-north', instanceType: 'cpu-2', spot: true, userData };
  const tags = { 'artenic-attempt': attempt };
  const { body, status } = await ask<Instance>('POST', '/v1/instances', { ...request, tags, ...options });
  expect(status).toBe(201);
  return body.instanceId;
}

const describe = async (id: string) => (await ask<Instance>('GET', `/v1/instances/${id}`)).body;
const until = (id: string, state: string) =>
  poll(`${id} to be ${state}`, patienceMs, async () => {
    const instance = await describe(id);
    return instance.state === state ? instance : null;
  });
const judgement = async (question: object = {}) => (await ask<Judgement>('POST', '/control/judge', question)).body;

test('after a death everything is as it was, but for a line that was cut off', async () => {
  await open();
  const kept = await create('parent/attempt-1');
  const ended = await create('brief/attempt-1');
  await until(ended, 'terminated');
  await until(kept, 'running');
  await poll('its processes', patienceMs, () =>
    processesWith(`${home}/instances/${kept}/`).length >= 2 ? true : null,
  );
  const before = [await describe(kept), await describe(ended)];
  await server?.close();
  appendFileSync(join(home, 'ledger.jsonl'), '{"seq":99,"atMs":');
  await open();
  expect([await describe(kept), await describe(ended)]).toEqual(before);
  expect(processesWith(`${home}/instances/${kept}/`).length).toBeGreaterThanOrEqual(2);
  await ask('DELETE', `/v1/instances/${kept}`);
  expect(await until(kept, 'terminated')).toMatchObject({ stateReason: 'UserRequest' });
  expect(processesWith(`${home}/instances/${kept}/`)).toEqual([]);
  const seqs = readFileSync(join(home, 'ledger.jsonl'), 'utf8').trim().split('\n');
  expect(seqs.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(seqs.map((_, index) => index + 1));
}, 60_000);

test('a changed ledger is refused', async () => {
  await open({ machine: { kind: 'scripted', script: [] } });
  await create('quiet/attempt-1');
  await server?.close();
  server = null;
  appendFileSync(join(home, 'ledger.jsonl'), '{"seq":99,"atMs":1,"kind":"running","instanceId":"i-1"}\n');
  await expect(open()).rejects.toThrow(/somebody has changed it/);
});

test('a machine ends with all that it has started, whatever that does', async () => {
  await open();
  const id = await create('parent/attempt-1');
  await poll('two of them', patienceMs, () => (processesWith(`${home}/instances/${id}/`).length >= 2 ? true : null));
  await ask('DELETE', `/v1/instances/${id}`);
  await until(id, 'terminated');
  expect(processesWith(`${home}/instances/${id}/`)).toEqual([]);
  const { body } = await ask<{ text: string }>('GET', `/v1/instances/${id}/console`);
  expect(body.text).toContain('runner of');
  expect(existsSync(join(home, 'instances', id, 'user-data'))).toBe(false);
});

test('a machine without user data that it knows switches itself off', async () => {
  await open();
  const id = await create('odd/attempt-1', { userData: '#!/bin/sh' });
  expect(await until(id, 'terminated')).toMatchObject({ stateReason: 'InstanceInitiated' });
});

test('a warning is in the metadata of the machine, which nobody else can read', async () => {
  await open({ preemption: { noticeSignal: false } });
  const id = await create('parent/attempt-1');
  await until(id, 'running');
  const url = `/metadata/${id}/${server?.cloud.metadataKey(id)}/latest/meta-data/spot/instance-action`;
  expect((await ask('GET', url)).status).toBe(404);
  await ask('POST', `/control/instances/${id}/preempt`, { noticeSeconds: 600 });
  expect((await ask<{ action: string }>('GET', url)).body.action).toBe('terminate');
  expect((await ask('GET', url.replace(/\/metadata\/[^/]+\/[^/]+/, `/metadata/${id}/guess`))).status).toBe(404);
});

test('keys: none, wrong, expired, and renewed', async () => {
  await open();
  const codeFor = async (headers: Record<string, string>) =>
    (await ask<{ error?: { code: string } }>('GET', '/v1/account', undefined, headers)).body.error?.code ?? 'none';
  expect(await codeFor({})).toBe('none');
  expect(await codeFor({ authorization: '' })).toBe('InvalidKey');
  expect(await codeFor({ authorization: `Bearer ${controlKey}` })).toBe('InvalidKey');
  await ask('PUT', '/control/keys/default', { expiresInSeconds: 0 });
  expect(await codeFor({})).toBe('ExpiredToken');
  await ask('PUT', '/control/keys/default', { expiresInSeconds: null });
  expect(await codeFor({})).toBe('none');
  expect((await ask('GET', '/control/clock', undefined, { authorization: `Bearer ${key}` })).status).toBe(401);
});

test('one request gets the fault that it asks for, and the ledger says so', async () => {
  await open();
  const fault = (text: string) => ask<unknown>('GET', '/v1/account', undefined, { 'x-simulated-fault': text });
  expect((await fault('server-error')).status).toBe(503);
  const throttled = await fault('{"kind":"throttled","retryAfterSeconds":9}');
  expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '9']);
  await expect(fault('reset')).rejects.toThrow();
  expect((await fault('no-such-fault')).status).toBe(400);
  expect((await fault('{bad')).status).toBe(400);
  const ledger = (await ask<string>('GET', '/control/ledger')).body;
  expect(ledger.match(/"fault-fired"/g)).toHaveLength(3);
});

test('a page that reaches it under a name of its own is refused', async () => {
  const { url } = await open();
  const request = get(`${url}/livez`, { headers: { host: 'evil.example' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(403);
});

test('a rate that is too high is refused with the time to wait', async () => {
  await open({ requestsPerSecond: 5 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('GET', '/v1/account')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(refused[0]?.headers.get('retry-after')).toBe('1');
});

test('an hour is a quarter of a second: terminate fails for two hours, then works, and the bill knows', async () => {
  const billing = { minimumSeconds: 0, granularitySeconds: 1 };
  await open({ scale: 14_400, machine: { kind: 'scripted', script: [] }, billing });
  const id = await create('job/attempt-1');
  await ask('PUT', '/control/faults', {
    rules: [{ id: 'down', operation: 'terminate', fault: { kind: 'server-error' }, forSeconds: 7200 }],
  });
  const startedMs = Date.now();
  const { body: clock } = await ask<{ nowMs: number }>('GET', '/control/clock');
  await poll('a terminate that works', patienceMs, async () =>
    (await ask('DELETE', `/v1/instances/${id}`)).status === 202 ? true : null,
  );
  expect(Date.now() - startedMs).toBeGreaterThan(400);
  await until(id, 'terminated');
  const said = await judgement({ quiescentAtMs: clock.nowMs, saidOverAtMs: { 'job/attempt-1': clock.nowMs } });
  expect(said.orphanSeconds).toBeGreaterThan(6000);
  expect(said).toMatchObject({ alive: [], saidOverWhileAlive: ['job/attempt-1'] });
  expect(said.attempts[0]?.costUsdMicros).toBeGreaterThan(2 * 20_000);
});

test('a scripted instance talks to the API as a runner does, and its last word lies in storage first', async () => {
  const heard: string[] = [];
  const api = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      heard.push(`${request.url} ${(JSON.parse(text) as { kind?: string }).kind ?? ''}`.trim());
      // The first try of each request fails.
      response.writeHead(heard.filter((one) => one === heard.at(-1)).length === 1 ? 503 : 200).end('{}');
    })();
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  mkdirSync(join(home, 'objects'));
  const userData = JSON.stringify({
    ...{ attemptId: 'j/attempt-1', jobId: 'j', attempt: 1, apiUrl: `http://127.0.0.1:${address.port}` },
    ...{ bootstrapToken: 'x'.repeat(43), storage: { kind: 'directory', root: join(home, 'objects') } },
  });
  const script = [
    { do: 'wait', seconds: 0.05 },
    { do: 'hello' },
    { do: 'phase', phase: 'training' },
    { do: 'heartbeat', progress: 0.5 },
    { do: 'complete', exitCode: 0 },
    { do: 'exit' },
  ];
  await open();
  const tags = { 'artenic-attempt': 'j/attempt-1', 'simulated-script': JSON.stringify(script) };
  const id = await create('j/attempt-1', { userData, tags });
  expect(await until(id, 'terminated')).toMatchObject({ stateReason: 'InstanceInitiated' });
  expect([...new Set(heard)]).toEqual([
    '/api/v1/runner/hello',
    '/api/v1/runner/events phase',
    '/api/v1/runner/heartbeat',
    '/api/v1/runner/events exited',
  ]);
  const marker = readFileSync(join(home, 'objects/jobs/j/attempts/1/completion.json'), 'utf8');
  expect(completionMarkerSchema.parse(JSON.parse(marker))).toMatchObject({ exitCode: 0, reason: 'exited' });
  api.closeAllConnections();
  api.close();
});

/** An API that counts its requests. */
async function hearing(): Promise<{ url: string; heard: () => number; close: () => void }> {
  let count = 0;
  const api = createServer((request, response) => {
    request.resume();
    count++;
    response.end('{"stop":null,"checkpoint":null,"notice":null}');
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = () => {
    api.closeAllConnections();
    api.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, heard: () => count, close };
}

/** A script as long as a tag can hold. */
const beating = Array.from({ length: 200 }, () => [
  { do: 'heartbeat', progress: null },
  { do: 'wait', seconds: 0.1 },
]).flat();

test.each(['stopped', 'partitioned'] as const)(
  'a scripted machine that is %s is said to run and is not heard, until it goes on',
  async (how) => {
    const api = await hearing();
    await open();
    const userData = JSON.stringify({
      ...{ attemptId: 'j/attempt-1', jobId: 'j', attempt: 1, apiUrl: api.url, bootstrapToken: 'x'.repeat(43) },
      storage: { kind: 'directory', root: home },
    });
    const id = await create('j/attempt-1', { userData, tags: { 'simulated-script': JSON.stringify(beating) } });
    const hears = (more: number) => {
      const least = api.heard() + more;
      return poll('heartbeats', patienceMs, () => (api.heard() >= least ? true : null));
    };
    await hears(3);
    await ask('POST', `/control/instances/${id}/silence`, { how });
    // A heartbeat may still be in flight.
    let last = { heard: api.heard(), atMs: Date.now() };
    await poll('silence', patienceMs, () => {
      if (api.heard() !== last.heard) last = { heard: api.heard(), atMs: Date.now() };
      return Date.now() - last.atMs > 500 ? true : null;
    });
    expect(await describe(id)).toMatchObject({ state: 'running' });
    // The silence lasts through a restart of the cloud.
    await server?.close();
    await open();
    const still = api.heard();
    expect(await describe(id)).toMatchObject({ state: 'running' });
    expect(api.heard()).toBe(still);
    await ask('POST', `/control/instances/${id}/silence`, { how, forSeconds: 0.01 });
    if (how === 'partitioned') await hears(2);
    await ask('DELETE', `/v1/instances/${id}`);
    await until(id, 'terminated');
    api.close();
  },
  60_000,
);

test('machines with a real runner: one that never boots has no process, one that is stopped ends all the same', async () => {
  await open();
  await ask('PUT', '/control/faults', {
    rules: [{ id: 'dead', operation: 'create', fault: { kind: 'never-boots' }, count: 1 }],
  });
  const dead = await create('parent/attempt-1');
  const hung = await create('parent/attempt-2');
  await poll('its processes', patienceMs, () =>
    processesWith(`${home}/instances/${hung}/`).length >= 2 ? true : null,
  );
  expect(await until(dead, 'running')).toMatchObject({ state: 'running' });
  expect(processesWith(`${home}/instances/${dead}/`)).toEqual([]);
  await ask('POST', `/control/instances/${hung}/silence`, { how: 'stopped' });
  expect((await ask('POST', `/control/instances/${hung}/silence`, { how: 'partitioned' })).status).toBe(400);
  for (const id of [dead, hung]) {
    await ask('DELETE', `/v1/instances/${id}`);
    await until(id, 'terminated');
  }
  expect(processesWith(`${home}/instances/${hung}/`)).toEqual([]);
}, 60_000);
