import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminalJobState, type JobState, type JobView } from '@artenic/core';
import { pick, randomFrom } from '../random.ts';
import { ControlPlane } from './control-plane.ts';
import type { Groundwork } from './groundwork.ts';
import type { Schedule } from './schedule.ts';
import { StorageWeather } from './storage-weather.ts';
import { tellStory } from './story.ts';
import { finishedJobs, gather, violationsOf, type Cast, type Violation } from './verdict.ts';
import { defaultCloud, scriptOf, usualRelayMs } from './worlds.ts';

/** An outage of the platform while its jobs go on: its length, its course and the state after it. */
export type Outage = {
  readonly downSeconds: number;
  readonly how: 'SIGKILL' | 'stop';
  readonly jobs: number;
  /** Jobs that finished during the outage. */
  readonly finishedMeanwhile: number;
  /** Attempts beyond the first, although no machine was lost before its job was done. */
  readonly relaunches: number;
  readonly wrongStates: number;
  /** Time from the start of the first process until every finished job is shown as finished. */
  readonly consistentMs: number;
  /** The same, from the moment that API and worker report ready. */
  readonly consistentAfterReadyMs: number;
  readonly violations: readonly Violation[];
  readonly stories: readonly (readonly string[])[];
};

/** 2 h take 10 s: longer than the platform needs to come back, and short enough for a test. */
const outageScale = 720;
const hour = 3600;

export async function playOutage(options: {
  readonly groundwork: Groundwork;
  readonly seed: number;
  readonly number: number;
  readonly jobs: number;
  readonly lateAfterMs: number;
  readonly keep: boolean;
}): Promise<Outage> {
  const { groundwork, seed, number, jobs, lateAfterMs, keep } = options;
  const random = randomFrom(seed * 1009 + number);
  // From a second to two hours, each order of magnitude with the same probability.
  const downSeconds = Math.round((2 * hour) ** (0.25 + 0.75 * random()));
  const how = number % 2 === 0 ? 'SIGKILL' : 'stop';
  // A second or two of real time, so that many jobs finish during the outage.
  const hours = 0.2 + 0.3 * random();
  const script = [...scriptOf(hours, 8, pick(random, ['exits', 'waits']))];
  const cloud = { ...defaultCloud, seed: number, scale: outageScale, machine: { kind: 'scripted', script } as const };
  const plane = await ControlPlane.start({
    ...{ groundwork, sabotage: null, pace: 'plain' as const, onHit: () => Promise.resolve() },
    storage: new StorageWeather(),
    world: { cloud, machines: 'scripted', capacityVcpu: null, relayMs: usualRelayMs },
  });
  try {
    const cast = await Promise.all(
      Array.from({ length: jobs }, async (_, index): Promise<Cast> => {
        const schedule: Schedule = { index, mode: 'spot', acts: [] };
        const body = { service: 'chaos', command: 'true', placement: { providers: ['simulated'], mode: 'spot' } };
        const { id } = await plane.request<JobView>('POST', '/api/v1/jobs', body);
        return { jobId: id, schedule };
      }),
    );
    await allRun(plane, cast, 60_000);
    await sleep((random() * hours * hour * 1000) / outageScale);
    const before = finishedJobs(plane, cast);
    await plane.down(how);
    await sleep((downSeconds * 1000) / outageScale);
    const meanwhile = [...finishedJobs(plane, cast)].filter((id) => !before.has(id));
    await loseMachines(plane, meanwhile, random);
    const startedMs = Date.now();
    plane.up();
    await plane.ready();
    const readyMs = Date.now();
    await untilSucceeded(plane, [...before, ...meanwhile], 120_000);
    const consistentAtMs = Date.now();
    await untilSucceeded(
      plane,
      cast.map(({ jobId }) => jobId),
      120_000,
    );
    await untilNothingLives(plane, 60_000);
    const { nowMs } = await plane.cloud<{ nowMs: number }>('GET', '/control/clock');
    const evidence = await gather(plane, cast, [], nowMs);
    const relaunched = evidence.attempts.filter(({ attempt }) => attempt > 1);
    const lateMs = consistentAtMs - readyMs;
    const violations = [...violationsOf(cast, evidence), ...needless(cast, relaunched), ...late(lateMs, lateAfterMs)];
    const concerned = new Set(violations.map(({ index }) => index));
    return {
      ...{ downSeconds, how, jobs, finishedMeanwhile: meanwhile.length, violations },
      relaunches: relaunched.length,
      wrongStates: violations.filter(({ kind }) => kind === 'wrong-state' || kind === 'lost').length,
      consistentMs: consistentAtMs - startedMs,
      consistentAfterReadyMs: lateMs,
      stories: await Promise.all(
        cast.filter(({ schedule }) => concerned.has(schedule.index)).map((one) => tellStory(plane, one, evidence)),
      ),
    };
  } finally {
    await plane.destroy({ keep });
  }
}

const needless = (cast: readonly Cast[], relaunched: readonly { id: string; job_id: string }[]): readonly Violation[] =>
  relaunched.map(({ id, job_id: jobId }) => ({
    kind: 'relaunched',
    index: cast.find((one) => one.jobId === jobId)?.schedule.index ?? -1,
    detail: `${id}, though its first machine did the work`,
  }));

const late = (lateMs: number, lateAfterMs: number): readonly Violation[] =>
  lateMs <= lateAfterMs
    ? []
    : [{ kind: 'late', index: 0, detail: `consistent only ${lateMs} ms after API and worker were ready` }];

async function statesOf(plane: ControlPlane, jobIds: readonly string[]): Promise<readonly JobState[]> {
  const rows = await plane.query<{ state: JobState }>('select state from jobs where id = any ($1)', [jobIds]);
  return rows.map(({ state }) => state);
}

async function until(what: string, timeoutMs: number, test: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await test())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(50);
  }
}

const idsOf = (cast: readonly Cast[]): readonly string[] => cast.map(({ jobId }) => jobId);

function allRun(plane: ControlPlane, cast: readonly Cast[], timeoutMs: number): Promise<void> {
  return until('all jobs to run', timeoutMs, async () =>
    (await statesOf(plane, idsOf(cast))).every((state) => state === 'running' || isTerminalJobState(state)),
  );
}

/** Jobs that are still open at the timeout are judged in their current state. */
async function untilSucceeded(plane: ControlPlane, jobIds: readonly string[], timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await statesOf(plane, jobIds)).every(isTerminalJobState)) {
    if (Date.now() > deadlineMs) return;
    await sleep(50);
  }
}

async function untilNothingLives(plane: ControlPlane, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while ((await plane.judge({})).alive.length > 0 && Date.now() < deadlineMs) await sleep(100);
}

/** Loses some machines with all their data, after their completion marker was stored. */
async function loseMachines(plane: ControlPlane, jobIds: readonly string[], random: () => number): Promise<void> {
  const { attempts } = await plane.judge({});
  for (const { attempt, instances } of attempts) {
    if (!jobIds.some((id) => attempt.startsWith(`${id}/`)) || random() < 0.5) continue;
    for (const { instanceId, endedAtMs } of instances)
      if (endedAtMs === null) await plane.cloud('POST', `/control/instances/${instanceId}/power-off`, {});
  }
}
