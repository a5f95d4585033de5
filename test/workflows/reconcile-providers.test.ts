import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import type { collectGarbage } from '../../workflows/index.ts';
import { controlQueue, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { poll } from '../support/poll.ts';
import { CloudWorld } from './cloud-world.ts';

/** A day takes 2.2 s; a list with an age of a minute is 1.5 ms old. */
const scale = 40_000;
const graceMs = 300;

let world: CloudWorld;
beforeAll(async () => {
  world = await CloudWorld.start({ graceMs, world: { scale, listLagSeconds: [0, 60] } });
}, 60_000);
afterAll(() => world.close(), 60_000);

function temporalCli(...args: readonly string[]): void {
  const { path } = findTemporalCli(fileURLToPath(new URL('../../', import.meta.url)), () => undefined);
  if (path === null) throw new Error('there is no temporal CLI');
  const address = process.env['ARTENIC_TEST_TEMPORAL_ADDRESS'] ?? '';
  execFileSync(path, [...args, '--address', address, '--namespace', world.namespace], { stdio: 'pipe' });
}
const strayOf = async (instanceId: string) =>
  (await world.store.reconcile.unresolved()).find((one) => one.instanceId === instanceId) ?? null;
const stateOf = async (jobId: string) => (await world.store.jobs.get(jobId)).state;

test('what carries our tag and nobody knows: written down, left for its grace, ended; what is not ours stays', async () => {
  const attemptId = 'never-heard-of/attempt-1';
  const ours = await world.create(attemptId);
  const others = await world.create(attemptId, 'another-installation');
  await world.sweepUntil('the stray to be seen', () => strayOf(ours));
  const stray = await strayOf(ours);
  expect(stray).toMatchObject({ reason: 'unknown-attempt', attemptId, priceUsdMicrosPerHour: null, tries: 0 });
  expect(stray?.dueAt?.getTime()).toBeGreaterThanOrEqual((stray?.since.getTime() ?? 0) + graceMs);
  await world.sweepUntil('its end', () => (world.isAlive(ours) ? null : true));
  expect(Date.now() - (stray?.since.getTime() ?? 0)).toBeGreaterThanOrEqual(graceMs);
  await world.sweepUntil('its record to be closed', async () => ((await strayOf(ours)) === null ? true : null));
  const { items } = await world.store.audit.page({ projectId: 'default', subject: ours, limit: 10 });
  expect(items).toMatchObject([
    { verb: 'instance.end-stray', principalKind: 'system', principalId: 'system:reconcileProviders' },
  ]);
  expect(items[0]?.requestId).toMatch(/^reconcile/);
  expect(world.isAlive(others)).toBe(true);
  await world.control('POST', `/instances/${others}/power-off`, {});
});

test('terminate fails for a day: the instance is shown with what it costs, and never said to be gone before it is', async () => {
  const { jobId, attemptId, instanceId } = await world.startJob();
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' }, forSeconds: 86_400 });
  await world.lastWord(jobId, attemptId);
  await world.sweepUntil('the stray', async () => ((await strayOf(instanceId)) !== null ? true : null));
  expect(await strayOf(instanceId)).toMatchObject({ reason: 'not-ending', attemptId, dueAt: null });
  expect((await strayOf(instanceId))?.priceUsdMicrosPerHour).toBeGreaterThan(0n);
  await poll('the day to be over', 30_000, async () => {
    await world.sweep();
    const row = await world.store.attempts.get(attemptId);
    const alive = world.isAlive(instanceId);
    if (alive)
      expect({ confirmed: row.terminationConfirmedAt, ending: row.ending }).toEqual({ confirmed: null, ending: null });
    return alive ? null : true;
  });
  await poll('the cancelled job', 15_000, async () => ((await stateOf(jobId)) === 'cancelled' ? true : null));
  await world.sweepUntil('the record to be closed', async () => ((await strayOf(instanceId)) === null ? true : null));
  expect((await world.store.attempts.get(attemptId)).terminationConfirmedAt).not.toBeNull();
  expect(await world.kindsOfEvents(instanceId)).toEqual(['instance.unresolved', 'instance.resolved']);
}, 60_000);

test('only the list still answers: the attempt is Ending, and over when a list no longer shows its instance', async () => {
  const { jobId, attemptId, instanceId } = await world.startJob();
  const refusal = { fault: { kind: 'server-error' } };
  await world.faults({ operation: 'terminate', ...refusal }, { operation: 'describe', ...refusal });
  await world.lastWord(jobId, attemptId);
  const row = await poll('the refusal', 15_000, async () => {
    const found = await world.store.attempts.get(attemptId);
    return found.terminateRefusals > 1 ? found : null;
  });
  expect(row).toMatchObject({ state: 'ending', terminateError: expect.stringContaining('transient: ') });
  await world.control('POST', `/instances/${instanceId}/power-off`, {});
  await world.sweepUntil('the cancelled job', async () => ((await stateOf(jobId)) === 'cancelled' ? true : null));
  expect((await world.store.attempts.get(attemptId)).unlistedAt).not.toBeNull();
  await world.faults();
  await world.sweepUntil('its billed times', async () => (await world.store.attempts.get(attemptId)).billedUntil);
}, 60_000);

test('a person asks for another try: a sweep ends what its own workflow could not', async () => {
  const { jobId, attemptId, instanceId } = await world.startJob();
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' } });
  await world.lastWord(jobId, attemptId);
  const stray = await world.sweepUntil('the stray', () => strayOf(instanceId));
  expect(stray.reason).toBe('not-ending');
  const triedBySweeps = async () => {
    const { items } = await world.store.audit.page({ projectId: 'default', subject: instanceId, limit: 10 });
    return items.map(({ verb }) => verb);
  };
  expect(await triedBySweeps()).toEqual([]);
  await world.store.reconcile.askRetry(stray, new Date(Date.now() + 60_000));
  await world.faults();
  await world.sweepUntil('its end', async () => ((await strayOf(instanceId)) === null ? true : null));
  expect(await triedBySweeps()).toContain('instance.retry-end');
  await poll('the cancelled job', 40_000, async () => ((await stateOf(jobId)) === 'cancelled' ? true : null));
}, 90_000);

test('a sweep cannot end a stray for hours: tries and refusals are counted, and it ends when the cloud lets it', async () => {
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' } });
  const instanceId = await world.create('also-unknown/attempt-1');
  const stray = await world.sweepUntil('three tries', async () => {
    const found = await strayOf(instanceId);
    return found !== null && found.tries >= 3 ? found : null;
  });
  expect(stray.lastError).toMatch(/^transient: The simulated cloud refuses to terminate/);
  await world.faults();
  await world.sweepUntil('its end', async () => ((await strayOf(instanceId)) === null ? true : null));
  expect(world.isAlive(instanceId)).toBe(false);
});

test('made twice: the one that the row names stays, the other ends', async () => {
  await world.faults({ operation: 'create', fault: { kind: 'made-twice' }, count: 1 });
  const { jobId, attemptId, instanceId } = await world.startJob();
  await world.sweepUntil('one instance', () =>
    world.instancesOf(attemptId).length === 2 &&
    world.instancesOf(attemptId).filter((id) => world.isAlive(id)).length === 1
      ? true
      : null,
  );
  expect(world.isAlive(instanceId)).toBe(true);
  await finish(jobId, attemptId);
});

test('an instance of a settled attempt: ended at once, whatever said that it was gone', async () => {
  const { id: jobId } = await world.addJob();
  const attemptId = await world.openAttempt(jobId);
  await world.store.jobs.transition(jobId, 'cancelled');
  await world.store.attempts.end(attemptId, { kind: 'cancelled', exitCode: null, message: '' }, new Date());
  await world.sweepUntil('the proof', async () =>
    (await world.store.attempts.get(attemptId)).terminationConfirmedAt === null ? null : true,
  );
  const instanceId = await world.create(attemptId);
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' } });
  await world.sweepUntil('the contradiction', async () =>
    (await world.store.attempts.get(attemptId)).terminationConfirmedAt === null ? true : null,
  );
  await world.faults();
  await world.sweepUntil('its end', async () => ((await strayOf(instanceId)) === null ? true : null));
  await world.sweepUntil('the proof', async () =>
    (await world.store.attempts.get(attemptId)).terminationConfirmedAt === null ? null : true,
  );
  expect(world.isAlive(instanceId)).toBe(false);
});

test('an attempt left behind by a job that has ended: its instance ends first, then it is settled', async () => {
  const { id: jobId } = await world.addJob();
  const attemptId = await world.openAttempt(jobId);
  const instanceId = await world.create(attemptId);
  await world.store.jobs.transition(jobId, 'failed');
  await world.faults({ operation: 'terminate', fault: { kind: 'server-error' }, count: 2 });
  await world.sweepUntil('the ending', async () => {
    const { ending } = await world.store.attempts.get(attemptId);
    if (world.isAlive(instanceId)) expect(ending).toBeNull();
    return ending;
  });
  expect((await world.store.attempts.get(attemptId)).ending).toMatchObject({ kind: 'lost' });
});

test('Terminate of all workflows by the CLI: the job is started again, takes over, and nothing is launched twice', async () => {
  const { jobId, attemptId, instanceId } = await world.startJob();
  for (const workflowId of [trainingJobWorkflowId(jobId), failoverWorkflowId(jobId), attemptId]) {
    temporalCli('workflow', 'terminate', '--workflow-id', workflowId, '--reason', 'by the test');
  }
  await world.sweepUntil('the adoption', async () =>
    (await world.temporal.describe(attemptId)) === 'open' ? true : null,
  );
  expect(world.instancesOf(attemptId)).toEqual([instanceId]);
  await finish(jobId, attemptId);
  expect(await world.store.attempts.listByJob(jobId)).toHaveLength(1);
});

test('Reset of the job and of the attempt by the CLI: still one instance', async () => {
  const { jobId, attemptId, instanceId } = await world.startJob();
  for (const workflowId of [attemptId, trainingJobWorkflowId(jobId)]) {
    temporalCli('workflow', 'reset', '--workflow-id', workflowId, '--type', 'FirstWorkflowTask', '--reason', 'test');
  }
  // Between the two runs the attempt has no workflow, and sweeps of this world have no grace.
  await poll('the attempt to be taken over', 30_000, async () => {
    const action = (await world.store.decisions.latest(jobId))?.action;
    const isTakenOver = action?.kind === 'launch' && action.takeOver === true;
    return isTakenOver && (await world.temporal.describe(attemptId)) === 'open' ? true : null;
  });
  for (let round = 0; round < 5; round++) await world.sweep();
  expect(world.instancesOf(attemptId)).toEqual([instanceId]);
  expect(world.isAlive(instanceId)).toBe(true);
  await finish(jobId, attemptId);
});

test('the cloud does not answer: the sweep says why, and the next one works', async () => {
  await world.faults({ operation: 'list', fault: { kind: 'expired-credential' } });
  expect(await world.sweep()).toBeNull();
  expect(await world.store.reconcile.sweeps()).toMatchObject(
    [{ provider: 'simulated', error: /^auth: / }].map((one) => ({
      ...one,
      error: expect.stringMatching(one.error) as unknown,
    })),
  );
  await world.faults();
  await world.sweep();
  expect(await world.store.reconcile.sweeps()).toMatchObject([
    { error: null, findings: { instances: expect.any(Number) as unknown } },
  ]);
});

test('in the end the cloud bills for nothing, and never had two for one attempt at work', async () => {
  await world.sweepUntil('nothing unresolved', async () =>
    (await world.store.reconcile.unresolved()).length === 0 ? true : null,
  );
  expect(world.judge().alive).toEqual([]);
});

async function finish(jobId: string, attemptId: string): Promise<void> {
  await world.lastWord(jobId, attemptId);
  await world.sweepUntil(`the end of ${jobId}`, async () => ((await stateOf(jobId)) === 'cancelled' ? true : null));
}

test('a run of the collector removes expired records; one beside it does nothing', async () => {
  const day = 86_400_000;
  const key = { principalId: 'p', route: 'r', bodySha256: '', lockMs: 1, now: new Date(Date.now() - 3 * day) };
  await world.store.idempotency.begin({ ...key, key: 'old' });
  const run = (name: string) =>
    world.client.workflow.execute<typeof collectGarbage>('collectGarbage', {
      workflowId: `collector-${name}`,
      taskQueue: controlQueue,
    });
  await world.store.retention.lease('another run', 60_000);
  expect(await run('beside')).toEqual({ items: 0 });
  await world.store.retention.endLease('another run');
  expect(await run('alone')).toEqual({ items: 1 });
  expect(await run('again')).toEqual({ items: 0 });
});
