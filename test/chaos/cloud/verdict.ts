import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completionMarkerSchema, isTerminalJobState, objectKeys, type JobState } from '@artenic/core';
import { entrySchema, type LedgerEntry } from '../../../simulated-cloud/rules/entries.ts';
import type { AttemptBill, Judgement } from '../../../simulated-cloud/rules/judge.ts';
import { billedColumns, billProblems, type BilledRow } from './bill.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Schedule } from './schedule.ts';
import type { Deed } from './stage.ts';
import { unanswered } from './stall.ts';

export const violationKinds = [
  'orphan',
  'double',
  'terminated-while-alive',
  'lost',
  'wrong-state',
  'run-again',
  'zombie-write',
  'ended-twice',
  'wrong-result',
  'wrong-cost',
  'stalled',
  // An outage of the whole platform caused a new attempt.
  'relaunched',
  'late',
  // The platform did not answer for a minute and a half without an injected cause.
  'no-answer',
] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** A broken promise, and the number of the schedule whose job it hit. */
export type Violation = { readonly kind: ViolationKind; readonly index: number; readonly detail: string };

export type Cast = { readonly jobId: string; readonly schedule: Schedule };

type JobRow = { id: string; state: JobState; message: string; ends: number };
type AttemptRow = BilledRow & { job_id: string; attempt: number; created_at: Date };

export type Evidence = {
  readonly jobs: ReadonlyMap<string, JobRow>;
  readonly attempts: readonly AttemptRow[];
  readonly ledger: readonly LedgerEntry[];
  readonly judgement: Judgement;
  readonly saidOver: ReadonlyMap<string, number>;
  /** Time at which the platform decided to make each attempt. */
  readonly opened: ReadonlyMap<string, number>;
  /** Attempts whose completion marker says that the command succeeded, with the cloud's time of it. */
  readonly finished: ReadonlyMap<string, number>;
  readonly deeds: readonly Deed[];
};

/** All evidence for the verdict: the cloud's own ledger, and the platform's answers. */
export async function gather(
  plane: ControlPlane,
  cast: readonly Cast[],
  deeds: readonly Deed[],
  quiescentAtMs: number,
): Promise<Evidence> {
  const ids = cast.map(({ jobId }) => jobId);
  const jobs = await plane.query<JobRow>(
    `select id, state, message, (select count(*)::int from events where kind = 'job.state' and subject = jobs.id
       and data->>'state' in ('succeeded','failed','cancelled','timed-out')) as ends from jobs where id = any ($1)`,
    [ids],
  );
  const attempts = await plane.query<AttemptRow>(
    `select job_id, attempt, created_at, ${billedColumns} from attempts where job_id = any ($1) order by job_id, attempt`,
    [ids],
  );
  const text = await plane.cloud<string>('GET', '/control/ledger');
  const ledger = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => entrySchema.parse(JSON.parse(line)));
  const cloudMs = clockOf(ledger);
  const saidOver = new Map(attempts.flatMap((one) => saidOverAt(one, cloudMs)));
  const judgement = await plane.judge({ quiescentAtMs, saidOverAtMs: Object.fromEntries(saidOver) });
  const finished = new Map(attempts.flatMap((one) => finishedAt(plane, one, cloudMs)));
  const opened = new Map(attempts.map((one) => [one.id, cloudMs(one.created_at.getTime())]));
  return {
    jobs: new Map(jobs.map((job) => [job.id, job])),
    attempts,
    ledger,
    judgement,
    saidOver,
    opened,
    finished,
    deeds,
  };
}

/** Time at which the platform first reported the attempt's instance as ended, in the cloud's time. */
function saidOverAt(
  { id, ended_at: ended, confirmed_at: confirmed }: AttemptRow,
  cloudMs: (realMs: number) => number,
): readonly (readonly [string, number])[] {
  const said = [ended, confirmed].flatMap((one) => (one === null ? [] : [one.getTime()]));
  return said.length === 0 ? [] : [[id, cloudMs(Math.min(...said))]];
}

/** Converts real time to the cloud's time. */
function clockOf(ledger: readonly LedgerEntry[]): (realMs: number) => number {
  const [opened] = ledger;
  if (opened?.kind !== 'opened') throw new Error('the ledger does not begin with its opening');
  const { originMs, scale } = opened;
  return (realMs) => originMs + (realMs - originMs) * scale;
}

/** Jobs with a completion marker in the storage, whatever the platform's rows say. */
export function finishedJobs(plane: ControlPlane, cast: readonly Cast[]): ReadonlySet<string> {
  const isDone = ({ jobId }: Cast) => existsSync(join(plane.home, 'objects', objectKeys.completion(jobId, 1)));
  return new Set(cast.filter(isDone).map(({ jobId }) => jobId));
}

function finishedAt(
  plane: ControlPlane,
  { id, job_id: jobId, attempt }: AttemptRow,
  cloudMs: (realMs: number) => number,
): readonly (readonly [string, number])[] {
  const path = join(plane.home, 'objects', objectKeys.completion(jobId, attempt));
  if (!existsSync(path)) return [];
  const marker = completionMarkerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const isDone = marker.reason === 'exited' && marker.exitCode === 0;
  return isDone ? [[id, cloudMs(Date.parse(marker.finishedAt))]] : [];
}

/** Promises that were broken. */
export function violationsOf(cast: readonly Cast[], evidence: Evidence): readonly Violation[] {
  const indexes = new Map(cast.map(({ jobId, schedule }) => [jobId, schedule.index]));
  const indexOf = (attempt: string): number =>
    indexes.get(attempt.replace(/^stray-/, '').split('/')[0] ?? '') ?? cast[0]?.schedule.index ?? -1;
  return [
    ...ofInstances(evidence, indexOf),
    ...cast.flatMap((one) => ofJob(one, evidence)),
    ...evidence.deeds.flatMap(({ act, jobId, result }): readonly Violation[] =>
      act.action.do === 'zombie' && result.startsWith('accepted')
        ? [{ kind: 'zombie-write', index: indexOf(jobId), detail: `a replaced attempt's writes: ${result}` }]
        : [],
    ),
    ...evidence.deeds.flatMap(({ act, jobId, result }): readonly Violation[] =>
      act.action.do === 'storage-stall' && result === unanswered
        ? [{ kind: 'stalled', index: indexOf(jobId), detail: `while the storage stood still, ${result}` }]
        : [],
    ),
  ];
}

function ofInstances(evidence: Evidence, indexOf: (attempt: string) => number): readonly Violation[] {
  const { judgement, ledger, attempts } = evidence;
  const attemptOf = new Map(
    ledger.flatMap((entry) =>
      entry.kind === 'created' ? [[entry.instanceId, entry.tags['artenic-attempt'] ?? '']] : [],
    ),
  );
  // A single request made two instances: no platform can prevent this, but it must be detected and ended.
  const doubledByCloud = new Set(
    ledger.flatMap((entry) =>
      entry.kind === 'fault-fired' && entry.fault.kind === 'made-twice' && entry.name !== null ? [entry.name] : [],
    ),
  );
  const nameOf = new Map(
    ledger.flatMap((entry) =>
      entry.kind === 'created' ? [[entry.tags['artenic-attempt'] ?? '', entry.name] as const] : [],
    ),
  );
  const isOfCloud = (attempt: string) => doubledByCloud.has(nameOf.get(attempt) ?? '');
  return [
    ...judgement.alive.map((instanceId): Violation => {
      const attempt = attemptOf.get(instanceId) ?? '';
      const detail = `${instanceId} of ${attempt} is alive, ${judgement.orphanSeconds} instance-seconds in all`;
      return { kind: 'orphan', index: indexOf(attempt), detail };
    }),
    // At the same time, or one after the other.
    ...[...new Set([...judgement.doubled, ...judgement.launchedTwice])]
      .filter((attempt) => !isOfCloud(attempt))
      .map((attempt): Violation => ({ kind: 'double', index: indexOf(attempt), detail: attempt })),
    ...judgement.attempts
      .filter((bill) => (isOfCloud(bill.attempt) ? namedLives(bill, evidence) : bill.aliveAfterSaidOverSeconds > 0))
      .map(({ attempt, aliveAfterSaidOverSeconds }): Violation => {
        const detail = `${attempt}: ${aliveAfterSaidOverSeconds} s`;
        return { kind: 'terminated-while-alive', index: indexOf(attempt), detail };
      }),
    ...billProblems(attempts, judgement, isOfCloud).map(({ attempt, problem }): Violation => {
      return { kind: 'wrong-cost', index: indexOf(attempt), detail: `${attempt}: ${problem}` };
    }),
  ];
}

/** When the cloud made two instances of one request, the platform reports only on the instance that its row names. */
function namedLives({ attempt, instances }: AttemptBill, { attempts, saidOver }: Evidence): boolean {
  const named = attempts.find(({ id }) => id === attempt)?.handle?.instanceId;
  const saidAtMs = saidOver.get(attempt);
  if (saidAtMs === undefined) return false;
  return instances.some((one) => one.instanceId === named && (one.endedAtMs ?? Infinity) > saidAtMs);
}

function ofJob({ jobId, schedule }: Cast, evidence: Evidence): readonly Violation[] {
  const { index } = schedule;
  const job = evidence.jobs.get(jobId);
  if (job === undefined) return [{ kind: 'lost', index, detail: `${jobId} has no row` }];
  const found: Violation[] = [];
  if (!isTerminalJobState(job.state)) found.push({ kind: 'lost', index, detail: `${jobId} is still ${job.state}` });
  else if (!allowedEnds(jobId, evidence).has(job.state)) {
    found.push({ kind: 'wrong-state', index, detail: `${jobId} ended as ${job.state}: ${job.message}` });
  } else if (job.ends !== 1) found.push({ kind: 'ended-twice', index, detail: `${jobId} ended ${job.ends} times` });
  return [...found, ...runAgain(jobId, index, evidence)];
}

/** A job must succeed unless its cancel was requested; a finished job stays finished. */
function allowedEnds(jobId: string, { deeds, attempts, finished }: Evidence): ReadonlySet<JobState> {
  const isCancelled = deeds.some(
    ({ act: { action }, jobId: owner, result }) =>
      owner === jobId &&
      ((action.do === 'cancel' && result === 'asked') ||
        (action.do === 'temporal' && action.verb === 'cancel' && action.workflow === 'job' && result === 'done')),
  );
  const isFinished = attempts.some((one) => one.job_id === jobId && finished.has(one.id));
  return new Set(isCancelled && !isFinished ? ['succeeded', 'cancelled'] : ['succeeded']);
}

/** Instances of attempts made after another attempt had finished the job. An attempt opened before may launch late. */
function runAgain(jobId: string, index: number, { ledger, finished, opened }: Evidence): readonly Violation[] {
  const times = [...finished].filter(([attempt]) => attempt.startsWith(`${jobId}/`)).map(([, atMs]) => atMs);
  if (times.length === 0) return [];
  const doneAtMs = Math.min(...times);
  return ledger.flatMap((entry): readonly Violation[] => {
    if (entry.kind !== 'created' || entry.atMs <= doneAtMs) return [];
    const attempt = entry.tags['artenic-attempt'] ?? '';
    if (!attempt.startsWith(`${jobId}/`) || isBeside(attempt, doneAtMs, { finished, opened })) return [];
    return [{ kind: 'run-again', index, detail: `${entry.instanceId} was made after ${jobId} was finished` }];
  });
}

function isBeside(
  attempt: string,
  doneAtMs: number,
  { finished, opened }: Pick<Evidence, 'finished' | 'opened'>,
): boolean {
  return !finished.has(attempt) && (opened.get(attempt) ?? Infinity) < doneAtMs;
}
