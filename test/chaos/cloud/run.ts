import type { RunRecord } from '../../../scripts/docs/reliability-record.ts';
import { messageOf } from '../../../core/errors.ts';
import { describeAct } from './describe.ts';
import { layGroundwork, type Groundwork } from './groundwork.ts';
import { playOutage, type Outage } from './outage.ts';
import { play, type Played } from './play.ts';
import { reportOf } from './report.ts';
import type { Sabotage } from './sabotage.ts';
import { batchesOf, type Batch, type Machines } from './schedule.ts';
import { shrink } from './shrink.ts';

export type RunOptions = {
  readonly schedules: number;
  readonly seed: number;
  readonly batchSize: number;
  /** Number of platforms that run in parallel. */
  readonly parallel: number;
  readonly machines: Machines;
  readonly sabotage: Sabotage | null;
  /** Number of batches whose jobs end during an outage. */
  readonly outages: number;
  /** Deadline for showing the jobs that ended meanwhile, counted from the moment that the platform is ready. */
  readonly lateAfterMs: number;
  /** Only the schedules with these numbers, in their batches. */
  readonly only: readonly number[] | null;
  /** Time limit for shrinking a violation, in milliseconds. */
  readonly shrinkMs: number;
  /** Whether a run ends with the first batch that has a violation. */
  readonly stopAtFirst: boolean;
  /** Prints the story of every job, not only of jobs with a violation. */
  readonly tellAll: boolean;
  /** Keeps the folders of all platforms. */
  readonly keep: boolean;
  readonly say: (line: string) => void;
};

export async function run(options: RunOptions): Promise<RunRecord> {
  const { only, parallel, keep, outages: outageCount } = options;
  const startedMs = Date.now();
  const batches = batchesOf(options)
    .map((batch): Batch => ({
      ...batch,
      schedules: batch.schedules.filter(({ index }) => only === null || only.includes(index)),
    }))
    .filter(({ schedules }) => schedules.length > 0);
  const groundwork = await layGroundwork();
  const played: Played[] = [];
  const outages: Outage[] = [];
  const broken: { batch: Batch; played: Played }[] = [];
  try {
    const queue = batches.map((batch, number) => async (): Promise<void> => {
      const result = await playOne(batch, `batch ${number + 1}/${batches.length}`, groundwork, options);
      played.push(result);
      if (result.violations.length > 0) broken.push({ batch, played: result });
    });
    const takeTurns = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await next();
        if (options.stopAtFirst && broken.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: parallel }, takeTurns));
    // Outages run one after another: the time until a platform is back can be measured only on an idle machine.
    for (let number = 0; number < outageCount; number += 1) {
      outages.push(await outageOne(number, groundwork, options));
    }
    const [first] = broken;
    if (first !== undefined && options.shrinkMs > 0) await tellMinimal(first, groundwork, options);
  } finally {
    if (!keep) groundwork.remove();
  }
  return reportOf(options, { played, outages, durationMs: Date.now() - startedMs });
}

async function playOne(batch: Batch, name: string, groundwork: Groundwork, options: RunOptions): Promise<Played> {
  const { say } = options;
  const result = await play(batch, { ...options, groundwork }).catch((error: unknown) => unanswered(batch, error));
  const { durationMs, quietMs, jobStates, violations, kills, stories } = result;
  const states = Object.entries(jobStates).map(([state, count]) => `${count} ${state}`);
  const deaths = Object.entries(kills).map(([part, starts]) => `${part} ${starts - 1}`);
  const seconds = `${(durationMs / 1000).toFixed(1)} s, quiet after ${(quietMs / 1000).toFixed(1)} s`;
  say(`${name}: ${states.join(', ')}; deaths: ${deaths.join(', ')}; ${seconds}; ${violations.length} violations`);
  for (const one of violations) say(`  ${one.kind} (schedule ${one.index}): ${one.detail}`);
  for (const story of stories.values()) for (const line of story) say(`    ${line}`);
  return result;
}

/** A batch that failed to play to its end counts as broken; the other batches go on. */
function unanswered({ schedules }: Batch, error: unknown): Played {
  const index = schedules[0]?.index ?? -1;
  return {
    schedules: schedules.length,
    violations: [{ kind: 'no-answer', index, detail: messageOf(error) }],
    ...{ deeds: [], passed: new Map(), faultsFired: {}, stories: new Map(), jobStates: {} },
    kills: { worker: 1, api: 1, postgres: 1, temporal: 1 },
    ...{ instances: 0, orphanSeconds: 0, costUsdMicros: 0, durationMs: 0, quietMs: 0 },
  };
}

async function outageOne(number: number, groundwork: Groundwork, options: RunOptions): Promise<Outage> {
  const { say, seed, batchSize: jobs, lateAfterMs, keep } = options;
  const outage = await playOutage({ groundwork, seed, number, jobs, lateAfterMs, keep });
  const { downSeconds, how, finishedMeanwhile, relaunches, consistentMs, consistentAfterReadyMs, violations } = outage;
  say(
    `outage ${number + 1}/${options.outages}: away for ${downSeconds} s of the cloud's time (${how}), ${finishedMeanwhile} of ${jobs} jobs ended meanwhile; ` +
      `${relaunches} relaunches, consistent ${consistentMs} ms after the start, ${consistentAfterReadyMs} ms after it was ready; ${violations.length} violations`,
  );
  for (const one of violations) say(`  ${one.kind} (job ${one.index}): ${one.detail}`);
  for (const story of outage.stories) for (const line of story) say(`    ${line}`);
  return outage;
}

async function tellMinimal(
  { batch, played }: { readonly batch: Batch; readonly played: Played },
  groundwork: Groundwork,
  options: RunOptions,
): Promise<void> {
  const { say, seed, shrinkMs } = options;
  const [violation] = played.violations;
  if (violation === undefined) return;
  const smallest = await shrink(batch, violation, played, {
    playAgain: (candidate) => play(candidate, { ...options, groundwork }),
    ...{ say, deadlineMs: Date.now() + shrinkMs },
  });
  say(
    `minimal story of "${violation.kind}", seed ${seed}${smallest.isReproduced ? '' : ' (it did not fail again: the first run)'}:`,
  );
  for (const { index, acts } of smallest.batch.schedules)
    for (const act of acts) say(`  schedule ${index}: ${describeAct(act)}`);
  for (const line of smallest.story) say(`    ${line}`);
}
