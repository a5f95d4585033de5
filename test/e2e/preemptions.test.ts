import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AttemptView, JobView, MetricPoint } from '@artenic/core';
import { penguinsJob } from '../chaos/jobs.ts';
import { randomFrom } from '../chaos/random.ts';
import { attemptsOf, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { replacementTimesMs, SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { isFull } from '../support/share.ts';

const counts = isFull ? { jobs: 5, preemptions: 3 } : { jobs: 2, preemptions: 2 };
const seed = 12;
/** Checkpoint interval of the example. */
const checkpointEverySteps = 50;
const noticeSeconds = 30;

const cloud = new SimulatedCloud({ preemption: {}, bootSeconds: [0.1, 0.5] });
let stack: Stack;

beforeAll(async () => {
  await cloud.start();
  stack = createStack(cloud.environment());
  await stack.start();
}, 120_000);

afterAll(async () => {
  await stack.destroy();
  expect(await cloud.destroy()).toEqual([]);
}, 60_000);

async function submit(stepDelayMs: number): Promise<string> {
  const placement = { providers: ['simulated'], mode: 'spot' };
  const job = await penguinsJob(stack, { epochs: 40, seed, stepDelayMs });
  return (await stack.request<JobView>('POST', '/api/v1/jobs', { ...job, placement })).id;
}

const ended = (id: string) => endOf(stack, id, 120_000);

async function modelOf(id: string): Promise<string> {
  const newest = (await attemptsOf(stack, id)).at(-1)?.attempt ?? 0;
  const response = await fetch(new URL(`/api/v1/jobs/${id}/outputs/${newest}/model.onnx`, stack.endpoints().api), {
    headers: { authorization: `Bearer ${stack.adminKey()}` },
  });
  return createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
}

/** Preempts the attempt's machine, with or without a notice, once the training has reached `step`. */
async function preemptAt(id: string, attempt: number, step: number, notice: number | null): Promise<void> {
  await poll(`step ${step} of attempt ${attempt}`, 60_000, async () => {
    const { items } = await stack.request<{ items: MetricPoint[] }>('GET', `/api/v1/jobs/${id}/metrics`);
    return items.some((point) => point.attempt === attempt && point.step >= step) ? true : null;
  });
  const { attempts } = await cloud.judgement();
  const [instance] = attempts.find((one) => one.attempt === `${id}/attempt-${attempt}`)?.instances ?? [];
  await cloud.control('POST', `/instances/${instance?.instanceId}/preempt`, { noticeSeconds: notice });
}

test('preempted in the middle, again and again: the model is that of the undisturbed run, to the bit', async () => {
  const undisturbed = await submit(0);
  expect((await ended(undisturbed)).state).toBe('succeeded');
  const expected = await modelOf(undisturbed);

  const random = randomFrom(seed);
  const jobs = Array.from({ length: counts.jobs }, async () => {
    const id = await submit(15);
    for (let attempt = 1; attempt <= counts.preemptions; attempt++) {
      // The last preemption comes without a notice.
      const notice = attempt === 1 || attempt < counts.preemptions ? noticeSeconds : null;
      const share = (attempt - 1 + random()) / counts.preemptions;
      await preemptAt(id, attempt, Math.max(1, Math.floor(share * 600)), notice);
    }
    return id;
  });
  for (const id of await Promise.all(jobs)) {
    const job = await ended(id);
    expect({ id, state: job.state, model: await modelOf(id) }).toEqual({ id, state: 'succeeded', model: expected });
    const attempts = await attemptsOf(stack, id);
    expect(attempts.length).toBe(counts.preemptions + 1);
    await expectLittleLost(id, attempts);
    const costs = attempts.reduce((sum, { cost }) => sum + cost.usdMicros, 0);
    expect(job.cost).toEqual({ usdMicros: costs, isFinal: true });
  }
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 240_000);

/** Expects little work of each attempt beyond the checkpoint from which the next attempt continues. */
async function expectLittleLost(id: string, attempts: readonly AttemptView[]): Promise<void> {
  const { items } = await stack.request<{ items: MetricPoint[] }>('GET', `/api/v1/jobs/${id}/metrics`);
  for (const { attempt, restoredFrom } of attempts.slice(1)) {
    const reached = Math.max(0, ...items.filter((one) => one.attempt === attempt - 1).map(({ step }) => step));
    const from = Number(/\d+/.exec(restoredFrom ?? '')?.[0] ?? 0);
    expect(reached - from).toBeLessThanOrEqual(checkpointEverySteps);
  }
}

test('each replacement was asked for while the warned machine still stood', async () => {
  const warned = replacementTimesMs(await cloud.ledger(), 'noticed');
  expect(warned.length).toBe(counts.jobs * Math.max(1, counts.preemptions - 1));
  for (const { ms } of warned) expect(ms).toBeLessThan(noticeSeconds * 1000);
});
