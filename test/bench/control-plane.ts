/**
 * `node test/bench/control-plane.ts [jobs]`: overhead of the control plane. Starts a stack of its own, submits short
 * jobs with 1, 8 and 32 clients, and compares them with bare workflow starts on the same Temporal server in the same
 * run.
 */
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import { poll } from '../support/poll.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { percentile, rounded, timed } from './statistics.ts';

const jobs = Number(process.argv[2] ?? 200);
const clientCounts = [1, 8, 32] as const;
const terminal = new Set(['succeeded', 'failed', 'cancelled', 'timed-out']);

async function submit(stack: Stack, label: string): Promise<string> {
  const response = await fetch(`${stack.endpoints().api}/api/v1/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.adminKey()}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ service: 'bench', command: ['true'], labels: { round: label } }),
  });
  if (response.status !== 202) throw new Error(`submit answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

async function bareStarts(client: Client, clients: number): Promise<readonly number[]> {
  const ids: string[] = [];
  const durations = await timed(jobs, clients, async () => {
    const workflowId = `bare-${randomUUID()}`;
    // No worker polls this queue, so only the start is measured.
    await client.workflow.start('bare', { workflowId, taskQueue: 'bench-nobody', args: [] });
    ids.push(workflowId);
  });
  await timed(ids.length, 8, async (index) => {
    await client.workflow.getHandle(ids[index] ?? '').terminate('measured');
  });
  return durations;
}

async function awaitAll(stack: Stack, ids: readonly string[]): Promise<void> {
  const open = new Set(ids);
  await poll(`${ids.length} jobs to end`, 900_000, async () => {
    for (const id of open) {
      const response = await fetch(`${stack.endpoints().api}/api/v1/jobs/${id}`, {
        headers: { authorization: `Bearer ${stack.adminKey()}` },
      });
      const { state } = (await response.json()) as { state: string };
      if (!terminal.has(state)) break;
      if (state !== 'succeeded') throw new Error(`job ${id} ended as ${state}`);
      open.delete(id);
    }
    return open.size === 0 ? true : null;
  });
}

async function historySizes(client: Client, jobId: string): Promise<Record<string, { events: number; bytes: number }>> {
  const ids = {
    trainingJob: trainingJobWorkflowId(jobId),
    spotFailover: failoverWorkflowId(jobId),
    trainingAttempt: attemptWorkflowId(jobId, 1),
  };
  const sizes: Record<string, { events: number; bytes: number }> = {};
  for (const [name, workflowId] of Object.entries(ids)) {
    const description = await client.workflow.getHandle(workflowId).describe();
    sizes[name] = { events: description.historyLength, bytes: description.historySize ?? 0 };
  }
  return sizes;
}

const stack = createStack();
try {
  const readyMs = await stack.start();
  const connection = await Connection.connect({ address: stack.endpoints().temporalAddress });
  const client = new Client({ connection });
  const warmUp = await submit(stack, 'warm-up');
  const soloStartedMs = performance.now();
  await awaitAll(stack, [warmUp]);
  const soloMs: number[] = [performance.now() - soloStartedMs];
  for (let index = 0; index < 5; index++) {
    const startedMs = performance.now();
    await awaitAll(stack, [await submit(stack, 'solo')]);
    soloMs.push(performance.now() - startedMs);
  }
  const rounds = [];
  for (const clients of clientCounts) {
    const bare = await bareStarts(client, clients);
    const ids: string[] = [];
    const startedMs = performance.now();
    const submits = await timed(jobs, clients, async () => {
      ids.push(await submit(stack, String(clients)));
    });
    await awaitAll(stack, ids);
    const elapsedMs = performance.now() - startedMs;
    rounds.push({
      clients,
      submitP50Ms: rounded(percentile(submits, 0.5)),
      submitP99Ms: rounded(percentile(submits, 0.99)),
      bareStartP50Ms: rounded(percentile(bare, 0.5)),
      bareStartP99Ms: rounded(percentile(bare, 0.99)),
      ratioP50: rounded(percentile(submits, 0.5) / percentile(bare, 0.5), 2),
      jobsPerSecond: rounded(jobs / (elapsedMs / 1000), 2),
    });
    console.log(rounds.at(-1));
  }
  const histories = await historySizes(client, warmUp);
  await connection.close();
  console.log(
    JSON.stringify(
      {
        cores: cpus().length,
        cpu: cpus()[0]?.model,
        node: process.version,
        jobs,
        readyMs,
        overheadPerJobP50Ms: rounded(percentile(soloMs.slice(1), 0.5), 0),
        rounds,
        histories,
      },
      null,
      2,
    ),
  );
} finally {
  await stack.destroy();
}
