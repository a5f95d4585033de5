import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AttemptView, JobView, ProviderView } from '@artenic/core';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { awsServersTimeoutMs } from '../support/aws-servers.ts';
import { MotoMachines } from '../support/moto-machines.ts';
import { poll } from '../support/poll.ts';
import { createStack, type Stack } from '../support/stack.ts';

let machines: MotoMachines;
let stack: Stack;
beforeAll(async () => {
  machines = await MotoMachines.start();
  stack = createStack(machines.environment());
  await stack.start();
}, awsServersTimeoutMs);
afterAll(async () => {
  await stack.destroy();
  expect([machines.left(), machines.faults]).toEqual([[], []]);
  await machines.close();
}, 60_000);

type Config = { readonly total: number; readonly every: number; readonly delay: number };

function submit(config: Config, mode: 'spot' | 'on-demand'): Promise<JobView> {
  const placement = { providers: ['aws'], mode };
  return stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
}

const attemptTag = 'artenic-attempt';
const ofJob = async (id: string) =>
  (await machines.instances()).filter(({ Tags }) =>
    Tags?.some(({ Key, Value }) => Key === attemptTag && Value?.startsWith(`${id}/`)),
  );
const states = async (id: string) => (await ofJob(id)).map(({ State }) => State?.Name);

test('the worker says that it can run instances', async () => {
  const aws = await poll('the check', 30_000, async () => {
    const { items } = await stack.request<{ items: ProviderView[] }>('GET', '/api/v1/providers');
    return items.find(({ name }) => name === 'aws') ?? null;
  });
  expect(aws).toMatchObject({ usable: true, message: 'EC2 would run instances in us-east-1.' });
}, 60_000);

test('a job is done by a machine that knew no more than its user data, and nothing is left of it', async () => {
  const config = { total: 5, every: 1, delay: 0.01 };
  const { id } = await submit(config, 'on-demand');
  const job = await endOf(stack, id, 90_000);
  expect([job.state, job.message]).toEqual(['succeeded', expect.any(String)]);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  expect(await states(id)).toEqual(['terminated']);
}, 120_000);

test('a spot instance that is warned and taken back loses nothing that was done', async () => {
  const config = { total: 60, every: 1, delay: 0.1 };
  const { id } = await submit(config, 'spot');
  await poll('some checkpoints', 60_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 2 ? true : null,
  );
  const [instance] = await ofJob(id);
  machines.warn(instance?.InstanceId ?? '', 10_000);
  const job = await endOf(stack, id, 90_000);
  expect([job.state, job.message]).toEqual(['succeeded', expect.any(String)]);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  const attempts: readonly AttemptView[] = await attemptsOf(stack, id);
  expect(attempts.map(({ ending }) => ending?.kind)).toEqual(['preempted', 'succeeded']);
  expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
  expect(instance?.InstanceLifecycle).toBe('spot');
  expect(await states(id)).toEqual(['terminated', 'terminated']);
  expect(new Set((await ofJob(id)).map(({ ClientToken }) => ClientToken)).size).toBe(2);
}, 150_000);
