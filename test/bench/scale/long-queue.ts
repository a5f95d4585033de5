import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../../support/poll.ts';
import { percentile, rounded } from '../statistics.ts';
import { BenchPlatform } from './platform.ts';

const clients = 16;
const baseline = 200;
const quietSeconds = 60;
const waiting = { service: 'scale', command: ['sleep', '86400'] };

/** Queues this number of jobs for a machine that holds two: cost of the queue while it fills, and while it is idle. */
export async function longQueue(jobs: number): Promise<void> {
  const platform = await BenchPlatform.start({ ARTENIC_LOCAL_VCPU: '2' });
  try {
    const startedMs = Date.now();
    const empty = await platform.submitMany(waiting, baseline, clients);
    const rest = await platform.submitMany(waiting, jobs - baseline, clients);
    const submittedMs = Date.now() - startedMs;
    await poll(`${jobs} jobs to wait or run`, 7_200_000, async () => {
      const states = await platform.states();
      await sleep(1000);
      return (states.get('waiting') ?? 0) + (states.get('running') ?? 0) >= jobs ? true : null;
    });
    const allMs = Date.now() - startedMs;
    const [rates] = await platform.query<{ first: number; last: number }>(
      `with n as (select created_at, row_number() over (order by created_at) as i from attempts)
       select extract(epoch from max(created_at) filter (where i <= 1000) - min(created_at) filter (where i <= 1000))::float8 as first,
              extract(epoch from max(created_at) filter (where i > $1) - min(created_at) filter (where i > $1))::float8 as last
       from n`,
      [jobs - 1000],
    );
    const limit = percentile(empty, 0.99);
    const late = percentile(rest.slice(-1000), 0.99);
    console.log(`${jobs} jobs for a machine that holds two, submitted by ${clients} clients`);
    console.log(
      `  submit p99: ${rounded(limit)} ms on the empty stack, ${rounded(late)} ms for the last 1,000: ratio ${rounded(late / limit, 2)} (goal ≤ 2)`,
    );
    console.log(
      `  submitted after ${rounded(submittedMs / 60_000)} min, all waiting after ${rounded(allMs / 60_000)} min (goal ≤ 25)`,
    );
    console.log(
      `  attempts opened: first 1,000 in ${rounded(rates?.first ?? Number.NaN)} s, last 1,000 in ${rounded(rates?.last ?? Number.NaN)} s: rate ratio ${rounded((rates?.first ?? Number.NaN) / (rates?.last ?? Number.NaN), 2)} (goal ≥ 0.7)`,
    );
    await measureQuiet(platform);
    await measureCancel(platform);
    console.log(`  database: ${rounded((await platform.databaseBytes()) / jobs / 1000)} kB a job`);
  } finally {
    await platform.close();
  }
}

async function measureQuiet(platform: BenchPlatform): Promise<void> {
  const parts = ['api', 'worker'] as const;
  const before = parts.map((part) => platform.processorSeconds(part));
  await sleep(quietSeconds * 1000);
  const used = parts.map((part, index) => (platform.processorSeconds(part) - (before[index] ?? 0)) / quietSeconds);
  const [api = 0, worker = 0] = used;
  console.log(
    `  while nothing changes: API ${rounded(api, 3)} + worker ${rounded(worker, 3)} cores = ${rounded(api + worker, 3)} (goal ≤ 0.2)`,
  );
}

async function measureCancel(platform: BenchPlatform): Promise<void> {
  const [last] = await platform.query<{ id: string }>(
    "select id from jobs where state = 'waiting' order by created_at desc limit 1",
  );
  if (last === undefined) throw new Error('no job waits');
  const startedMs = Date.now();
  await platform.stack.request('POST', `/api/v1/jobs/${last.id}/cancel`, {});
  await poll('the cancelled job to end', 120_000, async () => {
    const [job] = await platform.query<{ state: string }>('select state from jobs where id = $1', [last.id]);
    return job?.state === 'cancelled' ? true : null;
  });
  console.log(`  cancel of the last one that waits: ${rounded((Date.now() - startedMs) / 1000)} s (goal ≤ 10)`);
}
