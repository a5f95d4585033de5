import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DoctorReport, JobView, UnresolvedInstance } from '@artenic/core';
import pg from 'pg';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import { failoverWorkflowId, reconcileScheduleId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, checkCounter, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { isTurn } from '../support/share.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cloud = new SimulatedCloud({ preemption: {}, bootSeconds: [0.1, 0.2], listLagSeconds: [0, 1] });
let stack: Stack;

beforeAll(async () => {
  await cloud.start();
  stack = createStack({
    ...cloud.environment(),
    ARTENIC_RECONCILE_MS: '1000',
    ARTENIC_RECONCILE_GRACE_MS: '2000',
    // The relay must not restart the workflows that the sweep should restart.
    ARTENIC_RELAY_MS: '60000',
  });
  await stack.start();
}, 120_000);
afterAll(async () => {
  await stack.destroy();
  expect(await cloud.destroy()).toEqual([]);
}, 60_000);

function submit(config: { total: number; every: number; delay: number }, provider: string): Promise<JobView> {
  const placement = { providers: [provider], ...(provider === 'simulated' ? { regions: ['eu-north'] } : {}) };
  return stack.request<JobView>('POST', '/api/v1/jobs', { ...counterJob(config), placement });
}
const isTraining = (id: string): Promise<true> =>
  poll(`a checkpoint of ${id}`, 45_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 0 ? true : null,
  );
const unresolved = async () =>
  (await stack.request<{ items: UnresolvedInstance[] }>('GET', '/api/v1/instances/unresolved')).items;
const doctor = () => stack.request<DoctorReport>('GET', '/api/v1/doctor');

function temporalCli(...args: readonly string[]): string {
  const { path } = findTemporalCli(root, () => undefined);
  if (path === null) throw new Error('there is no temporal CLI');
  return execFileSync(path, [...args, '--address', stack.endpoints().temporalAddress], { encoding: 'utf8' });
}

function isClosed(workflowId: string): boolean {
  const text = temporalCli('workflow', 'describe', '--workflow-id', workflowId, '--output', 'json');
  const { workflowExecutionInfo } = JSON.parse(text) as { workflowExecutionInfo: { status: string } };
  return workflowExecutionInfo.status !== 'WORKFLOW_EXECUTION_STATUS_RUNNING';
}

/** Deletes every row of the job, like the restore of a backup from before the job. */
async function forget(jobId: string): Promise<void> {
  const client = new pg.Client({ connectionString: stack.endpoints().databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    // The lock is needed because the job's runner still writes its log.
    await client.query('select from jobs where id = $1 for update', [jobId]);
    for (const table of ['checkpoints', 'log_chunks', 'decisions', 'attempts']) {
      await client.query(`delete from ${table} where job_id = $1`, [jobId]);
    }
    await client.query('delete from jobs where id = $1', [jobId]);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

test('sweeps run by schedule, and the doctor tells of them', async () => {
  // A sweep that fails during the start is followed by the next one after a minute.
  const report = await poll('the first sweeps', 100_000, async () => {
    const found = await doctor();
    const configured = found.providers.filter(({ state }) => state !== 'not-configured');
    return configured.every(({ sweep }) => sweep?.error === null) ? found : null;
  });
  expect(report).toMatchObject({ ok: true, temporal: 'ok', problems: [], unresolved: [] });
  expect(temporalCli('schedule', 'list')).toContain(reconcileScheduleId('simulated'));
}, 120_000);

test('Temporal has lost everything, and the worker died while it launched: jobs are taken over, nothing runs twice', async () => {
  const config = { total: 100, every: 5, delay: 0.1 };
  const running = await submit(config, 'simulated');
  await isTraining(running.id);
  // The instance is made, but the answer comes after the caller has given up.
  await cloud.control('PUT', '/faults', {
    rules: [{ id: 'slow', operation: 'create', fault: { kind: 'slow', seconds: 15 }, count: 1 }],
  });
  const launching = await submit({ ...config, total: 20 }, 'simulated');
  await poll('its instance', 30_000, async () =>
    (await cloud.judgement()).attempts.some(({ attempt }) => attempt === `${launching.id}/attempt-1`) ? true : null,
  );
  const { processes } = stack.endpoints();
  await stack.killSupervisor();
  for (const name of ['worker', 'temporal']) process.kill(processes[name] ?? 0, 'SIGKILL');
  const folder = join(stack.home, 'temporal');
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  await stack.start();
  for (const [{ id }, total] of [
    [running, config.total],
    [launching, 20],
  ] as const) {
    const job = await endOf(stack, id, 90_000);
    expect(await checkCounter(stack, job, { ...config, total }, true)).toEqual([]);
    expect({ state: job.state, attempts: (await attemptsOf(stack, id)).length }).toEqual({
      state: 'succeeded',
      attempts: 1,
    });
  }
  expect(await cloud.judgement()).toMatchObject({ alive: [], doubled: [], launchedTwice: [], untagged: [] });
  await poll('the schedules to be back', 30_000, async () => ((await doctor()).ok ? true : null));
}, 150_000);

if (isTurn('rows of a local job are gone', 3)) {
  test('the rows of a job are gone while its training runs on this machine: its processes end', async () => {
    const { id } = await submit({ total: 10_000, every: 100, delay: 0.05 }, 'local');
    await poll('the training', 30_000, () => (processesWith(`${id}/attempt-1`).length > 0 ? true : null));
    await poll('its handle', 30_000, async () => ((await attemptsOf(stack, id))[0]?.helloAt ? true : null));
    const schedule = ['--schedule-id', reconcileScheduleId('local'), '--reason', 'by the test'];
    temporalCli('schedule', 'toggle', '--pause', ...schedule);
    temporalCli('workflow', 'terminate', '--workflow-id', trainingJobWorkflowId(id), '--reason', 'by the test');
    // The children close, and the training keeps running.
    await poll('the children to close', 15_000, () =>
      [failoverWorkflowId(id), `${id}/attempt-1`].every((one) => isClosed(one)) ? true : null,
    );
    await forget(id);
    expect(processesWith(`${id}/attempt-1`)).not.toEqual([]);
    temporalCli('schedule', 'toggle', '--unpause', ...schedule);
    await poll('the end of its processes', 30_000, () => (processesWith(`${id}/attempt-1`).length === 0 ? true : null));
    await poll('nothing unresolved', 30_000, async () => ((await unresolved()).length === 0 ? true : null));
  }, 90_000);
}
