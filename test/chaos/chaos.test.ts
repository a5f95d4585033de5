import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { createStack } from '../support/stack.ts';
import { faultNames, faults, inject, temporalCli, type Fault } from './faults.ts';
import { counterJob, penguinsJob, type CounterConfig } from './jobs.ts';
import { pick, randomFrom } from './random.ts';
import { attemptsOf, checkCounter, checkEndedOnce, endOf, terminalStates } from './verify.ts';
import { byTurns, isFull, seedOf } from '../support/share.ts';

/** Long runs: `ARTENIC_CHAOS_JOBS=20 ARTENIC_CHAOS_SEED=7 npm test -- test/chaos`. */
const jobCount = Number(process.env['ARTENIC_CHAOS_JOBS'] ?? (isFull ? 8 : 3));
const seed = Number(process.env['ARTENIC_CHAOS_SEED'] ?? seedOf('chaos'));
const random = randomFrom(seed);
const silentAfterMs = 12_000;
const stack = createStack({ ARTENIC_LOCAL_VCPU: '4', ARTENIC_SILENT_AFTER_MS: String(silentAfterMs) });
const counter: CounterConfig = { total: 60, every: 5, delay: 0.1 };

/** Each job logs its printed lines to a file of its own. */
let traces = 0;
const traced = (config: CounterConfig): CounterConfig => ({ ...config, trace: join(stack.home, `trace-${traces++}`) });
const jobView = (id: string) => stack.request<JobView>('GET', `/api/v1/jobs/${id}`);
const submit = async (spec: Record<string, unknown>) => (await stack.request<JobView>('POST', '/api/v1/jobs', spec)).id;
const ended = (id: string, timeoutMs: number) => endOf(stack, id, timeoutMs);
const running = (id: string) =>
  poll(`job ${id} to run`, 120_000, async () => {
    const job = await jobView(id);
    if (terminalStates.has(job.state)) throw new Error(`${id} ended as ${job.state}: ${job.message}`);
    return job.state === 'running' && (job.progress ?? 0) > 0 ? job : null;
  });

beforeAll(() => stack.start(), 240_000);
afterAll(() => stack.destroy(), 120_000);

describe(`chaos, seed ${seed}`, () => {
  // All faults hit the jobs of the last test in any case.
  test.each(byTurns('faults of one job', faultNames, 2))(
    'one job, %s',
    async (fault) => {
      const config = traced({ total: 40, every: 5, delay: 0.08 });
      const id = await submit(counterJob(config, { fault }));
      await running(id);
      // Wait for a checkpoint to resume from; before the first checkpoint a new attempt starts from the beginning, as
      // intended.
      await poll('a checkpoint', 30_000, async () =>
        ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 0 ? true : null,
      );
      await poll(`${fault} to take effect`, 10_000, async () => ((await inject(stack, fault, id)) ? true : null));
      const job = await ended(id, 180_000);
      expect(await checkCounter(stack, job, config, faults[fault].newAttempt)).toEqual([]);
      const attempts = await attemptsOf(stack, id);
      expect(attempts.length).toBe(faults[fault].newAttempt ? 2 : 1);
      if (faults[fault].newAttempt) expect(attempts[1]?.restoredFrom).toMatch(/^step-/);
      expect(await checkEndedOnce(stack, [id])).toEqual([]);
      expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).toEqual([]);
    },
    360_000,
  );

  test('the trained model is bit-equal after its runner and its training died', async () => {
    const config = { epochs: 60, seed: 3, stepDelayMs: 8 };
    const spec = await penguinsJob(stack, config);
    const undisturbed = await ended(await submit(spec), 240_000);
    const id = await submit(spec);
    for (const fault of ['runner', 'training'] as const) {
      const before = (await attemptsOf(stack, id)).length;
      await poll(`an attempt beyond ${before}`, 120_000, async () =>
        (await attemptsOf(stack, id)).filter((one) => one.checkpoints.length > 0).length > (fault === 'runner' ? 0 : 1)
          ? true
          : null,
      );
      await poll(`${fault} to die`, 10_000, async () => ((await inject(stack, fault, id)) ? true : null));
    }
    const disturbed = await ended(id, 240_000);
    const shaOf = async (job: JobView) => {
      expect(job.state).toBe('succeeded');
      return (
        await stack.request<{ sha256: string }>(
          'GET',
          `/api/v1/models/${job.result?.model}/versions/${job.result?.version}`,
        )
      ).sha256;
    };
    expect((await attemptsOf(stack, id)).length).toBe(3);
    expect(await shaOf(disturbed)).toBe(await shaOf(undisturbed));
  }, 600_000);

  test('an API that is away for longer than a runner may be silent loses no attempt; a runner that hangs loses its own', async () => {
    const config = traced({ total: 500, every: 5, delay: 0.1 });
    const id = await submit(counterJob(config));
    await running(id);
    const api = stack.endpoints().processes['api'] ?? 0;
    process.kill(api, 'SIGSTOP');
    try {
      // Real time must pass: the API must hear no runner for longer than the deadline.
      await sleep(silentAfterMs + 3000);
    } finally {
      process.kill(api, 'SIGCONT');
    }
    const before = (await attemptsOf(stack, id))[0]?.lastHeartbeatAt ?? '';
    await poll('the runner to be heard again', 30_000, async () =>
      ((await attemptsOf(stack, id))[0]?.lastHeartbeatAt ?? '') > before ? true : null,
    );
    expect(await attemptsOf(stack, id)).toMatchObject([{ ending: null }]);
    await poll('the runner to hang', 10_000, async () => ((await inject(stack, 'hung', id)) ? true : null));
    const job = await ended(id, 240_000);
    expect(await checkCounter(stack, job, config, true)).toEqual([]);
    const attempts = await attemptsOf(stack, id);
    expect(attempts).toMatchObject([
      { ending: { kind: 'lost', evidence: 'fell-silent' } },
      { ending: { kind: 'succeeded' } },
    ]);
    expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).toEqual([]);
  }, 480_000);

  test('Cancel from the temporal CLI cancels the job', async () => {
    const id = await submit(counterJob({ total: 2000, every: 5, delay: 0.1 }));
    await running(id);
    expect(temporalCli(stack, ['workflow', 'cancel', '--workflow-id', trainingJobWorkflowId(id)]).ok).toBe(true);
    expect((await ended(id, 120_000)).state).toBe('cancelled');
    expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).toEqual([]);
  }, 240_000);

  test('a cancel with all workers down is done by the first one that comes', async () => {
    const id = await submit(counterJob({ total: 2000, every: 5, delay: 0.1 }));
    await running(id);
    await stack.killSupervisor();
    stack.kill('worker');
    const cancelling = await stack.request<JobView>('POST', `/api/v1/jobs/${id}/cancel`);
    expect(terminalStates.has(cancelling.state)).toBe(false);
    expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).not.toEqual([]);
    await stack.start();
    expect((await ended(id, 120_000)).state).toBe('cancelled');
    expect(processesWith(`ARTENIC_ATTEMPT_ID=${id}/`)).toEqual([]);
    expect(await checkEndedOnce(stack, [id])).toEqual([]);
  }, 360_000);

  test('a job that comes while Temporal is down is taken, and runs when it is back', async () => {
    await stack.killSupervisor();
    stack.kill('temporal');
    const config = traced({ total: 10, every: 5, delay: 0.02 });
    const response = await fetch(new URL('/api/v1/jobs', stack.endpoints().api), {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.adminKey()}`, 'content-type': 'application/json' },
      body: JSON.stringify(counterJob(config)),
    });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as JobView;
    expect((await jobView(id)).state).toBe('queued');
    await stack.start();
    const job = await ended(id, 120_000);
    expect(await checkCounter(stack, job, config, false)).toEqual([]);
    expect(await checkEndedOnce(stack, [id])).toEqual([]);
  }, 360_000);

  test(
    `${jobCount} jobs under random faults`,
    async () => {
      const configs = new Map<string, CounterConfig>();
      for (let index = 0; index < jobCount; index++) {
        const config = traced(counter);
        configs.set(await submit(counterJob(config, { index: String(index) })), config);
      }
      const ids = [...configs.keys()];
      const mayRetry = new Set<string>();
      const story: string[] = [];
      const open = new Set(ids);
      while (open.size > 0) {
        for (const id of open) if (terminalStates.has((await jobView(id)).state)) open.delete(id);
        if (open.size === 0) break;
        const fault: Fault = pick(random, faultNames);
        const victim = pick(random, [...open].slice(0, 4));
        if (await inject(stack, fault, victim)) {
          story.push(`${fault} ${victim}`);
          if (faults[fault].newAttempt) mayRetry.add(victim);
        }
        await sleep(500 + random() * 2000);
      }
      const problems: string[] = [];
      for (const [id, config] of configs)
        problems.push(...(await checkCounter(stack, await jobView(id), config, mayRetry.has(id))));
      problems.push(...(await checkEndedOnce(stack, ids)));
      if (problems.length > 0) problems.push(`seed ${seed}: ${story.join(', ')}`);
      expect(problems).toEqual([]);
      expect(processesWith('ARTENIC_ATTEMPT_ID=').filter((pid) => processesWith(stack.home).includes(pid))).toEqual([]);
    },
    240_000 + jobCount * 20_000,
  );
});
