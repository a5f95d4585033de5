/**
 * `node test/bench/notice.ts [times]`: time from a spot machine's preemption notice to the request for its replacement,
 * by the simulated cloud's ledger. The same run also measures machines that are preempted without a notice.
 */
import { cpus } from 'node:os';
import type { JobView } from '@artenic/core';
import { counterJob } from '../chaos/jobs.ts';
import { attemptsOf, endOf } from '../chaos/verify.ts';
import { poll } from '../support/poll.ts';
import { replacementTimesMs, SimulatedCloud } from '../support/simulated-cloud.ts';
import { createStack } from '../support/stack.ts';
import { percentile, rounded } from './statistics.ts';

const times = Number(process.argv[2] ?? 20);

const cloud = new SimulatedCloud({ preemption: {}, bootSeconds: [0.1, 0.5] });
await cloud.start();
const stack = createStack(cloud.environment());
await stack.start();
const placement = { providers: ['simulated'], mode: 'spot' };

/** Each measurement uses a new job, because attempts that follow each other within seconds are delayed on purpose. */
async function takeMachine(noticeSeconds: number | null): Promise<void> {
  const job = counterJob({ total: 1_000_000, every: 20, delay: 0.05 });
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { ...job, placement });
  await poll(`a checkpoint of ${id}`, 60_000, async () =>
    ((await attemptsOf(stack, id))[0]?.checkpoints.length ?? 0) > 0 ? true : null,
  );
  const { attempts } = await cloud.judgement();
  const [instance] = attempts.find(({ attempt }) => attempt === `${id}/attempt-1`)?.instances ?? [];
  await cloud.control('POST', `/instances/${instance?.instanceId}/preempt`, { noticeSeconds });
  await poll('the next attempt', 60_000, async () => ((await attemptsOf(stack, id))[1]?.helloAt ? true : null));
  await stack.request('POST', `/api/v1/jobs/${id}/cancel`, {});
  await endOf(stack, id, 60_000);
}

for (let count = 0; count < times; count++) {
  await takeMachine(30);
  await takeMachine(null);
}

const ledger = await cloud.ledger();
const rows = [
  ['with a notice', replacementTimesMs(ledger, 'noticed')],
  ['without a word', replacementTimesMs(ledger, 'stopping').filter(({ isWarned }) => !isWarned)],
] as const;
const medians = rows.map(([, found]) =>
  percentile(
    found.map(({ ms }) => ms),
    0.5,
  ),
);
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
for (const [name, found] of rows) {
  const all = found.map(({ ms }) => ms);
  const [p50, p95] = [percentile(all, 0.5), percentile(all, 0.95)];
  const ratio = rounded(p50 / (medians[0] ?? Number.NaN), 2);
  console.log(`${name}: n ${all.length}, p50 ${rounded(p50)} ms, p95 ${rounded(p95)} ms, ${ratio} × the notice`);
}
await stack.destroy();
const left = await cloud.destroy();
if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
