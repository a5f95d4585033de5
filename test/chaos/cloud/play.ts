import { setTimeout as sleep } from 'node:timers/promises';
import type { JobView } from '@artenic/core';
import { counterJob, type CounterConfig } from '../jobs.ts';
import { checkCounter } from '../verify.ts';
import { ControlPlane } from './control-plane.ts';
import { countBy } from './counts.ts';
import type { Groundwork } from './groundwork.ts';
import type { Sabotage } from './sabotage.ts';
import type { Batch, Machines, Schedule, Target } from './schedule.ts';
import { Stage, type Deed } from './stage.ts';
import { StorageWeather } from './storage-weather.ts';
import { tellStory } from './story.ts';
import { untilOver } from './until-over.ts';
import { gather, violationsOf, type Cast, type Violation } from './verdict.ts';

export type Played = {
  readonly schedules: number;
  readonly violations: readonly Violation[];
  readonly deeds: readonly Deed[];
  readonly passed: ReadonlyMap<string, number>;
  readonly faultsFired: Readonly<Record<string, number>>;
  readonly kills: Readonly<Record<Target, number>>;
  readonly instances: number;
  /** Instance-seconds after everything was over, and the whole bill. */
  readonly orphanSeconds: number;
  readonly costUsdMicros: number;
  readonly jobStates: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** Time from the end of the last job until no instance lived. */
  readonly quietMs: number;
  /** Events of each job with a violation, line by line. */
  readonly stories: ReadonlyMap<number, readonly string[]>;
};

/** The reconciler's grace, the oldest possible list, and some sweeps. */
const quietLimitMs = 45_000;

/** Training of real runners: some seconds, with a checkpoint every half second. */
const counter: CounterConfig = { total: 40, every: 5, delay: 0.1 };

function specOf({ mode, index }: Schedule, machines: Machines): object {
  const labels = { schedule: String(index) };
  const work = machines === 'runner' ? counterJob(counter, labels) : { service: 'chaos', labels, command: 'true' };
  return { ...work, stopGraceSeconds: 1, placement: { providers: ['simulated'], mode } };
}

/** The results of a real training must equal those of an undisturbed run. */
async function wrongResults(plane: ControlPlane, cast: readonly Cast[]): Promise<readonly Violation[]> {
  const found = await Promise.all(
    cast.map(async ({ jobId, schedule: { index } }): Promise<readonly Violation[]> => {
      const job = await plane.request<JobView>('GET', `/api/v1/jobs/${jobId}`);
      if (job.state !== 'succeeded') return [];
      const problems = await checkCounter(plane, job, counter, true);
      return problems.map((detail) => ({ kind: 'wrong-result', index, detail }));
    }),
  );
  return found.flat();
}

/** Plays a batch on a platform of its own, and judges it. */
export async function play(
  batch: Batch,
  options: {
    readonly groundwork: Groundwork;
    readonly sabotage: Sabotage | null;
    readonly keep?: boolean;
    readonly tellAll?: boolean;
  },
): Promise<Played> {
  const { groundwork, sabotage, keep = false } = options;
  const startedMs = Date.now();
  const { machines } = batch.world;
  const running: { plane: ControlPlane | null } = { plane: null };
  const stage = new Stage(batch.schedules, () => {
    if (running.plane === null) throw new Error('the platform has not started');
    return running.plane;
  });
  const plane = await ControlPlane.start({
    ...{ groundwork, sabotage, world: batch.world },
    pace: machines === 'runner' ? 'fast-steps' : 'fast',
    storage: new StorageWeather(),
    onHit: (hit) => stage.onHit(hit),
  });
  running.plane = plane;
  try {
    const cast = await Promise.all(
      batch.schedules.map(async (schedule): Promise<Cast> => {
        const { id } = await plane.request<JobView>('POST', '/api/v1/jobs', specOf(schedule, machines));
        return { jobId: id, schedule };
      }),
    );
    await stage.begin(cast);
    await untilOver(
      plane,
      cast.map(({ jobId }) => jobId),
    );
    await stage.end();
    await plane.cloud('PUT', '/control/faults', { rules: [] });
    const endedMs = Date.now();
    const quietMs = await untilQuiet(plane, endedMs + quietLimitMs);
    const { nowMs: quiescentAtMs } = await plane.cloud<{ nowMs: number }>('GET', '/control/clock');
    const evidence = await gather(plane, cast, stage.deeds, quiescentAtMs);
    const violations = [
      ...violationsOf(cast, evidence),
      ...(machines === 'runner' ? await wrongResults(plane, cast) : []),
    ];
    const concerned = new Set(violations.map(({ index }) => index));
    const stories = new Map<number, readonly string[]>();
    for (const one of cast)
      if (concerned.has(one.schedule.index) || options.tellAll === true)
        stories.set(one.schedule.index, await tellStory(plane, one, evidence));
    return {
      schedules: cast.length,
      ...{ violations, stories, quietMs, passed: stage.passed, deeds: stage.deeds },
      faultsFired: countBy(evidence.ledger, (entry) =>
        entry.kind === 'fault-fired' ? `${entry.operation} ${entry.fault.kind}` : null,
      ),
      kills: plane.starts(),
      instances: evidence.judgement.instances,
      orphanSeconds: evidence.judgement.orphanSeconds,
      costUsdMicros: evidence.judgement.costUsdMicros,
      jobStates: countBy([...evidence.jobs.values()], ({ state }) => state),
      durationMs: Date.now() - startedMs,
    };
  } finally {
    await stage.end();
    await plane.destroy({ keep });
  }
}

/**
 * Waits until the cloud has no instance, each attempt is settled and no launch has an unknown outcome (the cost is
 * final with the next sweep), or until the deadline.
 */
async function untilQuiet(plane: ControlPlane, deadlineMs: number): Promise<number> {
  const startedMs = Date.now();
  for (;;) {
    const { alive } = await plane.judge({});
    const [open] = await plane.query<{ n: number }>(
      `select count(*)::int as n from attempts where ended_at is null
         or (handle is null and launch_tried_at is not null and termination_confirmed_at is null)`,
      [],
    );
    if ((alive.length === 0 && open?.n === 0) || Date.now() > deadlineMs) return Date.now() - startedMs;
    await sleep(250);
  }
}
