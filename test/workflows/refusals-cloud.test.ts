import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { noSignals } from '../../core/signals/reduce.ts';
import type { AttemptRecord } from '../../store/types.ts';
import { poll } from '../support/poll.ts';
import { CloudWorld } from './cloud-world.ts';

let world: CloudWorld;
beforeAll(async () => {
  world = await CloudWorld.start({ world: { scale: 1000 } });
}, 60_000);
afterAll(() => world.close(), 60_000);

async function begin(regions: readonly string[]): Promise<{ readonly jobId: string; readonly attemptId: string }> {
  const { id: jobId } = await world.addJob({
    placement: { providers: ['simulated'], mode: 'on-demand', regions: [...regions] },
  });
  await world.temporal.startTrainingJob(jobId, { adopt: false, name: 'penguins #1', service: 'penguins' });
  return { jobId, attemptId: `${jobId}/attempt-1` };
}

const launched = (attemptId: string): Promise<AttemptRecord> =>
  poll(`the instance of ${attemptId}`, 20_000, async () => {
    const row = await world.store.attempts.find(attemptId);
    return row?.handle == null ? null : row;
  });
const stateOf = async (jobId: string) => (await world.store.jobs.get(jobId)).state;
const ended = (jobId: string) =>
  poll(`the end of ${jobId}`, 20_000, async () => ((await stateOf(jobId)) === 'cancelled' ? true : null));

async function cancel(jobId: string): Promise<void> {
  await world.store.jobs.requestCancel(jobId, 'user', new Date());
  await world.temporal.cancelTrainingJob(jobId);
}

/** Ends the job: no instance keeps running, and no refusal affects the next test. */
async function finish({ jobId, attemptId }: { readonly jobId: string; readonly attemptId: string }): Promise<void> {
  await world.lastWord(jobId, attemptId);
  await ended(jobId);
  expect(world.instancesOf(attemptId).filter((one) => world.isAlive(one))).toEqual([]);
}

test('an unknown outcome, then a refusal, then the next offer: one attempt, one instance', async () => {
  await world.faults(
    { operation: 'create', fault: { kind: 'reset' }, count: 1 },
    { operation: 'create', fault: { kind: 'stockout' }, count: 1 },
  );
  const job = await begin(['us-east']);
  const row = await launched(job.attemptId);
  expect(row).toMatchObject({ attempt: 1, launch: 2, reason: expect.stringMatching(/^move to .* \(no capacity in /) });
  expect(world.instancesOf(job.attemptId)).toEqual([row.handle?.instanceId]);
  expect(await world.store.launchRefusals.ofJob(job.jobId)).toMatchObject([{ kind: 'stockout', launch: 1, streak: 1 }]);
  expect(await world.store.attempts.listByJob(job.jobId)).toHaveLength(1);
  await finish(job);
}, 60_000);

test('an answer that was lost: the instance is found, and no other offer is tried', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'answer-lost' }, count: 1 });
  const job = await begin(['eu-north']);
  const row = await launched(job.attemptId);
  expect(row.launch).toBe(1);
  expect(world.instancesOf(job.attemptId)).toEqual([row.handle?.instanceId]);
  await finish(job);
}, 60_000);

test('a region that has nothing: it waits in its attempt, costs little, and news start it', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'stockout' } });
  const job = await begin(['ap-south']);
  const waiting = () => poll('the wait', 20_000, async () => ((await stateOf(job.jobId)) === 'waiting' ? true : null));
  await waiting();
  const attempt = world.client.workflow.getHandle(job.attemptId);
  const sizeOf = async () => Number((await attempt.describe()).raw.workflowExecutionInfo?.historySizeBytes ?? 0);
  const launchesOf = async () => (await world.store.attempts.get(job.attemptId)).launch;
  const before = { bytes: await sizeOf(), launch: await launchesOf() };
  const rounds = 5;
  for (let round = 0; round < rounds; round++) {
    const launch = await launchesOf();
    const { signals } = await world.store.jobs.get(job.jobId);
    await world.store.jobs.setSignals(job.jobId, { ...(signals ?? noSignals), newsAtMs: Date.now() });
    await world.temporal.wakeAttempt(job.attemptId);
    await poll('another round', 20_000, async () => ((await launchesOf()) > launch ? true : null));
    await waiting();
    // The workflow has received the signal, too.
    await poll('its wait', 20_000, async () => {
      const { events } = await attempt.fetchHistory();
      return (events ?? []).filter((one) => one.timerStartedEventAttributes != null).length > round + 1 ? true : null;
    });
  }
  const perRound = Math.round(((await sizeOf()) - before.bytes) / rounds);
  process.stdout.write(`${perRound} bytes of history for each round of refusals\n`);
  // A day of 600 s waits has 150 rounds; this limit leaves room for more providers.
  expect(perRound).toBeLessThanOrEqual(8000);
  expect(await world.store.attempts.listByJob(job.jobId)).toHaveLength(1);
  expect((await world.store.decisions.page({ jobId: job.jobId, limit: 10 })).items).toHaveLength(1);

  await world.faults();
  const { signals } = await world.store.jobs.get(job.jobId);
  await world.store.jobs.setSignals(job.jobId, { ...(signals ?? noSignals), newsAtMs: Date.now() });
  await world.temporal.wakeAttempt(job.attemptId);
  const row = await launched(job.attemptId);
  expect(row.launch).toBeGreaterThan(before.launch);
  expect(world.instancesOf(job.attemptId)).toEqual([row.handle?.instanceId]);
  await finish(job);
}, 90_000);

test('a cancel in the wait ends the attempt and the job at once', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'stockout' } });
  const job = await begin(['us-east']);
  await poll('the wait', 20_000, async () => ((await stateOf(job.jobId)) === 'waiting' ? true : null));
  await cancel(job.jobId);
  await ended(job.jobId);
  expect(await world.store.attempts.get(job.attemptId)).toMatchObject({ ending: { kind: 'cancelled' }, handle: null });
  expect(world.instancesOf(job.attemptId)).toEqual([]);
  await world.faults();
}, 60_000);
