import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack, type Stack } from '../support/stack.ts';

const cloud = new SimulatedCloud({ preemption: { noticeSeconds: 5 }, bootSeconds: [0.1, 0.2] });
let stack: Stack;

function submit(
  config: { total: number; every: number; delay: number },
  providers: readonly string[],
): Promise<JobView> {
  const placement = { providers, mode: 'spot', regions: ['eu-north'] };
  return stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
}

async function instanceOf(attempt: string): Promise<string> {
  const { attempts } = await cloud.judgement();
  const [instance] = attempts.find((one) => one.attempt === attempt)?.instances ?? [];
  if (instance === undefined) throw new Error(`the cloud has nothing of ${attempt}`);
  return instance.instanceId;
}

beforeAll(async () => {
  await cloud.start();
  stack = createStack(cloud.environment());
  await stack.start();
}, 120_000);

afterAll(async () => {
  await stack.destroy();
  expect(await cloud.destroy()).toEqual([]);
}, 60_000);

test('a job runs in the simulated cloud as it does at home, on one instance that is gone afterwards', async () => {
  const config = { total: 5, every: 1, delay: 0.01 };
  const { id } = await submit(config, ['mock']);
  const job = await endOf(stack, id, 60_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  expect(job.state).toBe('succeeded');
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 60_000);

test('a preemption in the middle costs nothing that was done, also with a death of the cloud itself before', async () => {
  const config = { total: 60, every: 1, delay: 0.1 };
  const { id } = await submit(config, ['simulated']);
  await poll('some checkpoints', 30_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 2 ? true : null,
  );
  await cloud.kill('SIGKILL');
  await cloud.start();
  const instanceId = await instanceOf(`${id}/attempt-1`);
  await cloud.control('POST', `/instances/${instanceId}/preempt`, { noticeSeconds: 5 });
  const job = await endOf(stack, id, 60_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  const attempts = await attemptsOf(stack, id);
  expect(attempts.map(({ ending }) => ending?.kind)).toEqual(['preempted', 'succeeded']);
  expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 90_000);
