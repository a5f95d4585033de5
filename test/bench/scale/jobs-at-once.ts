import { poll } from '../../support/poll.ts';
import { SimulatedCloud } from '../../support/simulated-cloud.ts';
import { defaultWorld } from '../../../simulated-cloud/rules/default-world.ts';
import { percentile, rounded } from '../statistics.ts';
import { BenchPlatform } from './platform.ts';
import { trainingScript } from '../training-script.ts';

const trainingSeconds = 60;
const clients = 16;

/** Runs this number of jobs at once on the simulated cloud, each on a scripted machine that trains for a minute. */
export async function jobsAtOnce(jobs: number): Promise<void> {
  const cloud = new SimulatedCloud({
    ...defaultWorld,
    preemption: {},
    machine: { kind: 'scripted', script: trainingScript(trainingSeconds) },
  });
  await cloud.start();
  const platform = await BenchPlatform.start(cloud.environment());
  try {
    const startedMs = Date.now();
    const job = { service: 'scale', command: 'true', placement: { providers: ['simulated'], mode: 'on-demand' } };
    const submits = platform.submitMany(job, jobs, clients);
    let mostRunning = 0;
    await poll(`${jobs} jobs to end`, 1_800_000, async () => {
      const states = await platform.states();
      mostRunning = Math.max(mostRunning, states.get('running') ?? 0);
      const failed = (states.get('failed') ?? 0) + (states.get('timed-out') ?? 0);
      if (failed > 0) throw new Error(`${failed} jobs failed`);
      return states.get('succeeded') === jobs ? true : null;
    });
    const seconds = (Date.now() - startedMs) / 1000;
    const { alive, doubled, launchedTwice, attempts } = await cloud.judgement();
    const answered = await submits;
    console.log(`${jobs} jobs with ${trainingSeconds} s of training, submitted by ${clients} clients`);
    console.log(`  all: ${rounded(seconds)} s, ${rounded(seconds / trainingSeconds, 2)} × one training`);
    console.log(
      `  running together: ${mostRunning}; submit p50 ${rounded(percentile(answered, 0.5))} ms, p99 ${rounded(percentile(answered, 0.99))} ms`,
    );
    console.log(
      `  by the cloud's ledger: ${attempts.length} attempts, ${alive.length} alive, ${doubled.length + launchedTwice.length} doubled`,
    );
  } finally {
    await platform.close();
    await cloud.destroy();
  }
}
