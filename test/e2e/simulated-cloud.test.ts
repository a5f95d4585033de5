import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import type { Judgement } from '../../simulated-cloud/rules/judge.ts';
import { freePort } from '../../workers/up/ports.ts';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, terminalStates } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { createStack, type Stack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'artenic-cloud-'));
const worldFile = join(home, 'world.json');
let port = 0;
let cloud: ChildProcess;
let keys = { key: '', controlKey: '' };
let stack: Stack;

/** As `npm run cloud:simulated` does. */
async function startCloud(): Promise<void> {
  const program = join(root, 'simulated-cloud/main.ts');
  cloud = spawn(process.execPath, [program, '--port', String(port), '--home', home, '--world', worldFile], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await poll('the cloud', 20_000, () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      () => true,
      () => null,
    ),
  );
  keys = JSON.parse(readFileSync(join(home, 'keys.json'), 'utf8')) as typeof keys;
}

async function control<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/control${path}`, {
    method,
    headers: { authorization: `Bearer ${keys.controlKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  const text = await response.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

const judgement = () => control<Judgement>('POST', '/judge', {});
const jobView = (id: string) => stack.request<JobView>('GET', `/api/v1/jobs/${id}`);

function submit(
  config: { total: number; every: number; delay: number },
  providers: readonly string[],
): Promise<JobView> {
  const placement = { providers, mode: 'spot', regions: ['eu-north'] };
  return stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
}

function ended(id: string): Promise<JobView> {
  return poll(`${id} to end`, 60_000, async () => {
    const found = await jobView(id);
    return terminalStates.has(found.state) ? found : null;
  });
}

async function instanceOf(attempt: string): Promise<string> {
  const { attempts } = await judgement();
  const [instance] = attempts.find((one) => one.attempt === attempt)?.instances ?? [];
  if (instance === undefined) throw new Error(`the cloud has nothing of ${attempt}`);
  return instance.instanceId;
}

beforeAll(async () => {
  writeFileSync(worldFile, JSON.stringify({ preemption: { noticeSeconds: 5 }, bootSeconds: [0.1, 0.2] }));
  port = await freePort();
  await startCloud();
  stack = createStack({
    ARTENIC_SIMULATED_CLOUD_URL: `http://127.0.0.1:${port}`,
    ARTENIC_SIMULATED_CLOUD_KEY: keys.key,
  });
  await stack.start();
}, 120_000);

afterAll(async () => {
  await stack.destroy();
  const exited = once(cloud, 'exit');
  cloud.kill('SIGTERM');
  await exited;
  const left = processesWith(home);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
  expect(left).toEqual([]);
}, 60_000);

test('a job runs in the simulated cloud as it does at home, on one instance that is gone afterwards', async () => {
  const config = { total: 5, every: 1, delay: 0.01 };
  const { id } = await submit(config, ['mock']);
  const job = await ended(id);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  expect(job.state).toBe('succeeded');
  expect(await judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 60_000);

test('a preemption in the middle costs nothing that was done, also with a death of the cloud itself before', async () => {
  const config = { total: 60, every: 1, delay: 0.1 };
  const { id } = await submit(config, ['simulated']);
  await poll('some checkpoints', 30_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 2 ? true : null,
  );
  const died = once(cloud, 'exit');
  cloud.kill('SIGKILL');
  await died;
  await startCloud();
  const instanceId = await instanceOf(`${id}/attempt-1`);
  await control('POST', `/instances/${instanceId}/preempt`, { noticeSeconds: 5 });
  const job = await ended(id);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  const attempts = await attemptsOf(stack, id);
  expect(attempts.map(({ ending }) => ending?.kind)).toEqual(['preempted', 'succeeded']);
  expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
  expect(await judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 90_000);
