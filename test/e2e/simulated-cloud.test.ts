import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionView, JobView, SignalAnswer } from '@artenic/core';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack, type Stack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const secret = randomBytes(32);
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
  stack = createStack({ ...cloud.environment(), ARTENIC_WEBHOOK_SECRETS: `whsec_${secret.toString('base64')}` });
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
  // long enough to be under way still when the cloud is back, also on a loaded machine
  const config = { total: 150, every: 1, delay: 0.1 };
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

type Decisions = { readonly items: readonly DecisionView[] };
const decisionsOf = async (id: string) => (await stack.request<Decisions>('GET', `/api/v1/jobs/${id}/decisions`)).items;
const jobView = (id: string) => stack.request<JobView>('GET', `/api/v1/jobs/${id}`);
const tell = (id: string, name: string, body: object = {}) =>
  stack.request<SignalAnswer>('POST', `/api/v1/jobs/${id}/signals/${name}`, { id: randomUUID(), ...body });
const checkpointsOf = async (id: string, attempt: number) =>
  (await attemptsOf(stack, id)).find((one) => one.attempt === attempt)?.checkpoints ?? [];

/** Sends a signal with the webhook secret instead of a key. */
async function tellSigned(id: string, name: string): Promise<number> {
  const [event, at] = [`evt_${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
  const body = JSON.stringify({ jobId: id, name });
  const signature = createHmac('sha256', secret).update(`${event}.${at}.${body}`).digest('base64');
  const response = await fetch(new URL(`/api/v1/jobs/${id}/signals/${name}`, stack.endpoints().api), {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', 'webhook-id': event, 'webhook-timestamp': at },
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
  return response.status;
}

test('held while its machine is taken, the job waits; released, it goes on where it was', async () => {
  const config = { total: 60, every: 1, delay: 0.1 };
  const placement = { providers: ['simulated'], mode: 'spot', regions: ['eu-north'] };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
  await poll('a checkpoint', 30_000, async () => ((await checkpointsOf(id, 1)).length > 0 ? true : null));
  expect((await tell(id, 'hold')).heldAt).not.toBeNull();
  await tell(id, 'preemption-notice', { deadlineAt: new Date(Date.now() + 30_000).toISOString() });
  const attempts = await poll('the end of the first attempt', 30_000, async () => {
    const found = await attemptsOf(stack, id);
    return found[0]?.ending == null ? null : found;
  });
  expect(attempts.map(({ ending }) => ending?.kind)).toEqual(['preempted']);
  const { message } = await poll('the wait', 10_000, async () => {
    const job = await jobView(id);
    return job.message.startsWith('held since') ? job : null;
  });
  expect(message).toContain('release the job to continue');

  expect(await tellSigned(id, 'release')).toBe(202);
  const job = await endOf(stack, id, 60_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  expect((await decisionsOf(id)).filter(({ kind }) => kind === 'launch')).toHaveLength(2);
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
}, 120_000);

/** Writes a numbered checkpoint for each request. */
const obliging = `n=0; echo on
while [ ! -e "$ARTENIC_STOP_FILE" ]; do
  if [ -e "$ARTENIC_CHECKPOINT_FILE" ]; then
    n=$((n+1)); rm "$ARTENIC_CHECKPOINT_FILE"; echo $n > "$ARTENIC_CHECKPOINT_DIR/wished-$n"
  fi
  sleep 0.1
done`;

test('a checkpoint comes when it is asked for, and a wake-up by the temporal CLI is harmless', async () => {
  const job = { service: 'signals', command: obliging, stopGraceSeconds: 2, placement: { providers: ['local'] } };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', job);
  await poll('the training', 30_000, async () => ((await jobView(id)).state === 'running' ? true : null));
  for (const count of [1, 2]) {
    await tell(id, 'checkpoint-now');
    await poll(`checkpoint ${count}`, 15_000, async () =>
      (await checkpointsOf(id, 1)).length === count ? true : null,
    );
  }
  const { path } = findTemporalCli(root, () => undefined);
  const address = ['--address', stack.endpoints().temporalAddress];
  execFileSync(path ?? '', ['workflow', 'signal', '--workflow-id', `${id}/failover`, '--name', 'wakeUp', ...address]);
  await poll('another look', 15_000, async () => ((await decisionsOf(id)).at(-1)?.kind === 'watch' ? true : null));
  expect((await attemptsOf(stack, id)).length).toBe(1);
  await stack.request('POST', `/api/v1/jobs/${id}/cancel`, {});
  await poll('the end', 30_000, async () => ((await jobView(id)).state === 'cancelled' ? true : null));
}, 120_000);
