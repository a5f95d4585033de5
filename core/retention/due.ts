import type { ObjectKind, Periods } from './rules.ts';

/** What decides how much of a job may go. */
export type JobFacts = {
  /** Null while it has not ended. */
  readonly finishedAtMs: number | null;
  /** Attempts that have not ended, or whose instance is not proved gone. */
  readonly unsettledAttempts: number;
  /** A model version was made by it. */
  readonly isNamedByModel: boolean;
};

export const jobStages = ['checkpoints', 'details', 'job'] as const;
export type JobStage = (typeof jobStages)[number];

/** What of the job may go by now. Nothing does while it lives, or while anything of it may still run. */
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

/** Kinds of objects that go in each stage; a later stage takes also what an earlier one has left. */
const kindsOfStage: Readonly<Record<JobStage, readonly ObjectKind[]>> = {
  checkpoints: ['checkpoint', 'spare'],
  details: ['log', 'history'],
  job: ['checkpoint', 'spare', 'log', 'history', 'completion', 'output'],
};

export function goesIn(stage: JobStage, kind: ObjectKind | null): boolean {
  return kind !== null && kindsOfStage[stage].includes(kind);
}

export type CheckpointPlace = { readonly attempt: number; readonly sequence: number };
/** So many whole checkpoints are kept while a job lives: the newest may turn out to be damaged. */
export const keptCheckpoints = 3;

/**
 * Checkpoints of a living job that newer ones have made needless: older than the newest three whole ones, and of attempts
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
