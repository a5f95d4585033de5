import type { ObjectKind, Periods } from './rules.ts';

/** Facts that determine which data of a job may be removed. */
export type JobFacts = {
  /** Null before the job has ended. */
  readonly finishedAtMs: number | null;
  /** Attempts that have not ended, or whose instance is not proved gone. */
  readonly unsettledAttempts: number;
  /** A model version was made by this job. */
  readonly isNamedByModel: boolean;
};

export const jobStages = ['checkpoints', 'details', 'job'] as const;
export type JobStage = (typeof jobStages)[number];

/** Stages of the job's data that may be removed now. None while the job lives or anything of it may still run. */
export function dueStages(facts: JobFacts, nowMs: number, periods: Periods): ReadonlySet<JobStage> {
  const { finishedAtMs, unsettledAttempts, isNamedByModel } = facts;
  if (finishedAtMs === null || unsettledAttempts > 0) return new Set();
  const ageMs = nowMs - finishedAtMs;
  const due = new Set<JobStage>();
  if (ageMs >= periods.checkpointsMs) due.add('checkpoints');
  if (ageMs >= periods.detailsMs) due.add('details');
  if (ageMs >= periods.jobsMs && !isNamedByModel) due.add('job');
  return due;
}

/** Kinds of objects that are removed in each stage; a later stage also takes the leftovers of earlier stages. */
const kindsOfStage: Readonly<Record<JobStage, readonly ObjectKind[]>> = {
  checkpoints: ['checkpoint', 'spare'],
  details: ['log', 'history'],
  job: ['checkpoint', 'spare', 'log', 'history', 'completion', 'output'],
};

export function goesIn(stage: JobStage, kind: ObjectKind | null): boolean {
  return kind !== null && kindsOfStage[stage].includes(kind);
}

export type CheckpointPlace = { readonly attempt: number; readonly sequence: number };
/** This many whole checkpoints are kept while a job lives, because the newest may turn out to be damaged. */
export const keptCheckpoints = 3;

/**
 * Checkpoints of a living job that newer ones have replaced: older than the newest three whole ones, and from attempts
 * that have ended. A runner removes its own.
 * @param places newest first, by attempt and then by sequence
 */
export function needlessCheckpoints<Place extends CheckpointPlace>(
  places: readonly (Place & { readonly isWhole: boolean })[],
  openAttempts: ReadonlySet<number>,
): readonly Place[] {
  let whole = 0;
  return places.filter(({ attempt, isWhole }) => {
    const isNeedless = whole >= keptCheckpoints && !openAttempts.has(attempt);
    if (isWhole) whole++;
    return isNeedless;
  });
}
