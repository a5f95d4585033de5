import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DoctorReport, JobView } from '@artenic/core';
import { freePort } from '../../workers/up/ports.ts';
import { counterJob } from '../chaos/jobs.ts';
import { checkCounter, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack, type Stack } from '../support/stack.ts';

const program = fileURLToPath(new URL('../../workers/worker.ts', import.meta.url));
const cloud = new SimulatedCloud({ bootSeconds: [0.1, 0.2] });
const stack: Stack = createStack({ ARTENIC_WORKER_QUEUES: 'control' });
let ofCloud: ChildProcess;
let said = '';

/** A second worker beside the stack's own; its environment has only the named variables. */
async function startWorker(environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const { databaseUrl, temporalAddress, api } = stack.endpoints();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...{ DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, ARTENIC_API_URL: api },
      ...{ ARTENIC_HOME: stack.home, ARTENIC_WORKER_HEALTH_PORT: String(await freePort()) },
      ARTENIC_KEY_PEPPER: readFileSync(join(stack.home, 'pepper'), 'utf8').trim(),
      ...environment,
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += String(text)));
  return child;
}

const stateOf = async (name: string) =>
  (await stack.request<DoctorReport>('GET', '/api/v1/doctor')).providers.find((one) => one.name === name)?.state;

beforeAll(async () => {
  await Promise.all([cloud.start(), stack.start()]);
}, 120_000);

afterAll(async () => {
  const ended = once(ofCloud, 'exit');
  ofCloud.kill('SIGTERM');
  await ended;
  await stack.destroy();
  expect(await cloud.destroy()).toEqual([]);
}, 60_000);

test('a worker that is to serve what is not configured does not start', async () => {
  const child = await startWorker({ ARTENIC_WORKER_QUEUES: 'simulated' });
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).not.toBe(0);
  expect(said).toContain('ARTENIC_WORKER_QUEUES names simulated, which is not configured. Start one with');
}, 60_000);

test('decisions are made where nobody knows the cloud’s key, launches where nothing is decided', async () => {
  expect([await stateOf('local'), await stateOf('simulated')]).toEqual(['not-configured', 'not-configured']);
  ofCloud = await startWorker({ ...cloud.environment(), ARTENIC_WORKER_QUEUES: 'simulated' });
  await poll('the offers of the cloud', 60_000, async () => {
    const { items } = await stack.request<{ items: readonly unknown[] }>('GET', '/api/v1/offers?provider=simulated');
    return items.length > 0 && (await stateOf('simulated')) === 'usable' ? true : null;
  });
  const config = { total: 5, every: 1, delay: 0.01 };
  const placement = { providers: ['simulated'], mode: 'spot' };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
  const job = await endOf(stack, id, 60_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  expect(job.state).toBe('succeeded');
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
  expect(await stateOf('local')).toBe('not-configured');
}, 150_000);
