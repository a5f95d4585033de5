/**
 * `ARTENIC_BENCH_TEMPORAL=host:port ARTENIC_BENCH_POSTGRES=postgresql://… node test/bench/cluster.ts [jobs]`: three
 * APIs and three workers on a Temporal server and a PostgreSQL database of your own. Processes are killed one after
 * another, each five seconds after the previous one is ready again. Each job must end once, and no instance may be left
 * in the cloud. The database must be empty.
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultWorld } from '../../simulated-cloud/rules/default-world.ts';
import { poll } from '../support/poll.ts';
import { SimulatedCloud } from '../support/simulated-cloud.ts';
import { Cluster } from './cluster/cluster.ts';
import { rounded, timed } from './statistics.ts';
import { trainingScript } from './training-script.ts';

const goalMinutes = 20;
const trainingSeconds = 60;
const clients = 16;
const pauseMs = 5000;

/** Kills random processes one after another until told to stop; returns the number of kills. */
async function killInTurns(cluster: Cluster, stopped: AbortSignal): Promise<number> {
  let kills = 0;
  while (!stopped.aborted) {
    await cluster.ready();
    await sleep(pauseMs, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) break;
    cluster.killOne();
    kills++;
  }
  return kills;
}

async function bench(jobs: number, temporalAddress: string, databaseUrl: string): Promise<boolean> {
  const cloud = new SimulatedCloud({
    ...defaultWorld,
    preemption: {},
    machine: { kind: 'scripted', script: trainingScript(trainingSeconds) },
  });
  await cloud.start();
  try {
    const cluster = await Cluster.start({ temporalAddress, databaseUrl, environment: cloud.environment() });
    try {
      return await watch(cluster, cloud, jobs);
    } finally {
      await cluster.close();
    }
  } finally {
    await cloud.destroy();
  }
}

async function watch(cluster: Cluster, cloud: SimulatedCloud, jobs: number): Promise<boolean> {
  const stopping = new AbortController();
  try {
    const startedMs = Date.now();
    const job = { service: 'cluster', command: 'true', placement: { providers: ['simulated'], mode: 'on-demand' } };
    const killing = killInTurns(cluster, stopping.signal);
    await timed(jobs, clients, (index) => cluster.submit(index, job));
    await poll(`${jobs} jobs to end`, 3_600_000, async () => ((await cluster.ended()) >= jobs ? true : null));
    const minutes = (Date.now() - startedMs) / 60_000;
    stopping.abort();
    const kills = await killing;
    await cluster.ready();
    const { states, endedTwice } = await cluster.outcome();
    const strays = await poll('the cloud to be empty', 300_000, async () => {
      const { alive } = await cloud.judgement();
      return alive.length === 0 ? 0 : null;
    }).catch(async () => (await cloud.judgement()).alive.length);
    const { doubled, launchedTwice } = await cloud.judgement();
    console.log(`${jobs} jobs with ${trainingSeconds} s of training on 3 APIs and 3 workers`);
    console.log(`  ${kills} processes killed; all ended after ${rounded(minutes)} min (goal ≤ ${goalMinutes})`);
    console.log(`  ended as: ${states.map(({ state, n }) => `${n} ${state}`).join(', ')}; ended twice: ${endedTwice}`);
    console.log(`  by the cloud's ledger: ${strays} left, ${doubled.length + launchedTwice.length} doubled`);
    return strays === 0 && endedTwice === 0 && states.every(({ state }) => state === 'succeeded');
  } finally {
    stopping.abort();
  }
}

const { ARTENIC_BENCH_TEMPORAL: temporal, ARTENIC_BENCH_POSTGRES: postgres } = process.env;
if (temporal === undefined || postgres === undefined) {
  console.log(
    'Set ARTENIC_BENCH_TEMPORAL (host:port) and ARTENIC_BENCH_POSTGRES (postgresql://…): this needs servers of yours.',
  );
  process.exit(2);
}
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const isGood = await bench(Number(process.argv[2] ?? 200), temporal, postgres);
process.exit(isGood ? 0 : 1);
