/**
 * `node test/bench/outage.ts [storage|temporal]`: a server of the platform is away for ten minutes (ARTENIC_BENCH_OUTAGE_MINUTES)
 * under twenty talkative jobs. Storage: S3 holds every byte. Temporal: half of the time it refuses connections, half of the time
 * it holds every byte. Meanwhile each call is answered within two seconds; afterwards each job must end in the right state, with its
 * whole log. Uses a Temporal server of its own, or the one at ARTENIC_BENCH_TEMPORAL (host:port on this machine).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import { freePort } from '../../workers/up/ports.ts';
import { startTemporalServer } from '../../workers/up/temporal-server.ts';
import { probeDuring, type Probe } from './outage/probes.ts';
import { OutageWorld, talkative } from './outage/world.ts';
import { rounded } from './statistics.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kinds = ['storage', 'temporal'] as const;
type Kind = (typeof kinds)[number];
const minutes = Number(process.env['ARTENIC_BENCH_OUTAGE_MINUTES'] ?? 10);
/** The baseline: the same calls under the same load. */
const beforeSeconds = Math.min(60, minutes * 60);
/** How long the talkers go on after the outage. */
const afterSeconds = 60;

async function takeAway(world: OutageWorld, kind: Kind): Promise<void> {
  const wholeMs = minutes * 60_000;
  switch (kind) {
    case 'storage':
      world.storage.hold();
      await sleep(wholeMs);
      return world.storage.restore();
    case 'temporal':
      world.temporal.cut();
      await sleep(wholeMs / 2);
      world.temporal.hold();
      await sleep(wholeMs / 2);
      return world.temporal.restore();
  }
}

async function probed(probes: readonly Probe[], meanwhile: () => Promise<void>): Promise<boolean> {
  const over = new AbortController();
  const probing = probeDuring(probes, over.signal);
  await meanwhile();
  over.abort();
  return probing;
}

async function outage(kind: Kind, temporalPort: number): Promise<boolean> {
  const world = await OutageWorld.start(temporalPort);
  try {
    await world.prepare(beforeSeconds + minutes * 60 + afterSeconds);
    console.log(`under ${talkative} talkative jobs, ${beforeSeconds} s with nothing away`);
    await probed(world.probes({ isStorageAway: false }), () => sleep(beforeSeconds * 1000));
    console.log(`${kind} away for ${minutes} min`);
    const isAnswered = await probed(world.probes({ isStorageAway: kind === 'storage' }), () => takeAway(world, kind));
    const backMs = Date.now();
    const problems = await world.problems(1_200_000);
    const seconds = rounded((Date.now() - backMs) / 1000, 0);
    console.log(
      `  afterwards: ${world.submitted} jobs ended ${seconds} s after its return, ${problems.length} not as they should`,
    );
    for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
    return isAnswered && problems.length === 0;
  } finally {
    await world.close();
  }
}

/** Runs with a port of Temporal on this machine. */
async function withTemporal(run: (port: number) => Promise<boolean>): Promise<boolean> {
  const given = process.env['ARTENIC_BENCH_TEMPORAL'];
  if (given !== undefined) return run(Number(new URL(`http://${given}`).port));
  const { path: program, problem } = findTemporalCli(root, console.error);
  if (program === null) throw new Error(problem);
  const folder = mkdtempSync(join(tmpdir(), 'artenic-outage-'));
  const port = await freePort();
  const child = startTemporalServer({
    ...{
      program,
      port,
      http: null,
      databaseFile: join(folder, 'temporal.sqlite'),
      logFile: join(folder, 'temporal.log'),
    },
  });
  try {
    return await run(port);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = kinds.filter((kind) => process.argv[2] === undefined || process.argv[2] === kind);
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
let isGood = wanted.length > 0;
for (const kind of wanted) isGood = (await withTemporal((port) => outage(kind, port))) && isGood;
process.exit(isGood ? 0 : 1);
