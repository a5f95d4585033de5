/**
 * `node test/bench/scale.ts [scenario] [size]`: cost of volume. Scenarios: `jobs-at-once` (500 jobs on the simulated
 * cloud), `long-queue` (10,000 jobs for one machine); without a name all scenarios run in turn.
 */
import { cpus } from 'node:os';
import { jobsAtOnce } from './scale/jobs-at-once.ts';
import { longQueue } from './scale/long-queue.ts';

const scenarios: Readonly<Record<string, { readonly size: number; readonly run: (size: number) => Promise<void> }>> = {
  'jobs-at-once': { size: 500, run: jobsAtOnce },
  'long-queue': { size: 10_000, run: longQueue },
};

const [wanted, size] = process.argv.slice(2);
const chosen = Object.entries(scenarios).filter(([name]) => wanted === undefined || name === wanted);
if (chosen.length === 0) throw new Error(`no scenario ${wanted}: ${Object.keys(scenarios).join(', ')}`);
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
for (const [, scenario] of chosen) await scenario.run(size === undefined ? scenario.size : Number(size));
