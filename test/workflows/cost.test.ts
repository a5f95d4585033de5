import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Cost, JobSpecInput } from '@artenic/core';
import { costOfAttempt, costOfJob } from '../../core/cost/cost.ts';
import type { AttemptRecord } from '../../store/types.ts';
import { poll } from '../support/poll.ts';
import { CloudWorld } from './cloud-world.ts';

/** An hour takes 3.6 s, a boot 0.8 s. */
const scale = 1000;
const billing = { minimumSeconds: 2000, granularitySeconds: 37 };
const spot: Partial<JobSpecInput> = { placement: { providers: ['simulated'], mode: 'spot' } };

let world: CloudWorld;
beforeAll(async () => {
  world = await CloudWorld.start({ world: { scale, billing, bootSeconds: [800, 800], spotPrices: null } });
}, 60_000);
afterAll(() => world.close(), 60_000);

const costOf = (attempt: AttemptRecord): Cost => costOfAttempt(attempt, new Date());
const billOf = (attemptId: string) => world.judge().attempts.find(({ attempt }) => attempt === attemptId);
const instanceOf = (attemptId: string) => billOf(attemptId)?.instances[0];

async function handleOf(attemptId: string): Promise<string> {
  const row = await poll(`the launch of ${attemptId}`, 15_000, () =>
    world.store.attempts.find(attemptId).then((found) => (found?.handle === null ? null : found)),
  );
  return row.handle?.instanceId ?? '';
}

async function startJob(spec: Partial<JobSpecInput> = {}): Promise<string> {
  const { id } = await world.addJob(spec);
  await world.temporal.startTrainingJob(id, { adopt: false, name: 'penguins #1', service: 'penguins' });
  return id;
}

/** Waits until the cloud has billed more than this number of seconds. */
async function runFor(attemptId: string, seconds: number): Promise<void> {
  await poll(`${seconds} s of ${attemptId}`, 15_000, () => {
    const runningAtMs = instanceOf(attemptId)?.runningAtMs ?? null;
    return runningAtMs !== null && world.judge().nowMs - runningAtMs > seconds * 1000 ? true : null;
  });
}

async function finish(jobId: string, attempt: number): Promise<readonly AttemptRecord[]> {
  await world.lastWord(jobId, `${jobId}/attempt-${attempt}`);
  await poll(`the end of ${jobId}`, 15_000, async () =>
    (await world.store.jobs.get(jobId)).state === 'cancelled' ? true : null,
  );
  const attempts = await world.store.attempts.listByJob(jobId);
  expect(attempts.map((attempt) => [attempt.id, costOf(attempt)])).toEqual(
    attempts.map(({ id }) => [id, { usdMicros: billOf(id)?.costUsdMicros, isFinal: true }]),
  );
  return attempts;
}

test('a preemption: both instances cost what the cloud bills, the first one its minimum, the second one by granule', async () => {
  const jobId = await startJob(spot);
  const first = await handleOf(`${jobId}/attempt-1`);
  await runFor(`${jobId}/attempt-1`, 1);
  await world.control('POST', `/instances/${first}/preempt`, { noticeSeconds: 0 });
  const second = `${jobId}/attempt-2`;
  await handleOf(second);
  await runFor(second, 2100);
  const running = await poll('the time when the second one began to run', 15_000, async () => {
    const found = await world.store.attempts.get(second);
    return found.billedFrom === null ? null : found;
  });
  expect(costOf(running).isFinal).toBe(false);
  const attempts = await finish(jobId, 2);
  expect(attempts.map(({ ending }) => ending?.kind)).toMatchObject({ 0: 'preempted', length: 2 });
  const [one, two] = attempts.map(({ id }) => instanceOf(id)?.billedMs ?? 0);
  expect(one).toBe(55 * 37_000);
  expect(two).toBeGreaterThan(2100 * 1000);
});

test('one that is taken before it runs costs nothing', async () => {
  const jobId = await startJob(spot);
  const first = await handleOf(`${jobId}/attempt-1`);
  await world.control('POST', `/instances/${first}/preempt`, { noticeSeconds: 0 });
  await handleOf(`${jobId}/attempt-2`);
  const [taken] = await finish(jobId, 2);
  expect(instanceOf(`${jobId}/attempt-1`)).toMatchObject({ runningAtMs: null, endedBy: 'preemption' });
  expect(taken === undefined ? null : costOf(taken)).toEqual({ usdMicros: 0, isFinal: true });
});

test('a launch whose answer is lost: the adopted instance costs what it was launched for, whatever it costs by then', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'answer-lost' }, count: 1 });
  const jobId = await startJob();
  const attemptId = `${jobId}/attempt-1`;
  await handleOf(attemptId);
  await world.faults();
  expect(billOf(attemptId)?.instances).toHaveLength(1);
  const { offer } = await world.store.attempts.get(attemptId);
  const { region, instanceType } = offer;
  const dearer = { region, instanceType, spot: false, usdMicrosPerHour: 99_000_000 };
  await world.control('PUT', '/prices', dearer);
  await runFor(attemptId, 100);
  const [attempt] = await finish(jobId, 1);
  expect(attempt?.offer).toEqual(offer);
});

test('in all the jobs cost what the cloud’s bill says', async () => {
  const { items } = await world.store.jobs.list({ projectId: 'default', limit: 50 });
  const billed = await world.store.attempts.ofJobs(items.map(({ id }) => id));
  const costs = items.map(({ id }) => costOfJob(billed.get(id) ?? [], true, new Date()));
  expect(costs.every(({ isFinal }) => isFinal)).toBe(true);
  const { alive, costUsdMicros } = world.judge();
  expect(alive).toEqual([]);
  expect(costs.reduce((sum, { usdMicros }) => sum + usdMicros, 0)).toBe(costUsdMicros);
  expect(costUsdMicros).toBeGreaterThan(0);
});
