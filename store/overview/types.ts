import type { JobState } from '@artenic/core';
import type { EventRecord } from '../events/types.ts';

export type EndedDay = { readonly day: string; readonly state: JobState; readonly jobs: number };

/** Sums for the overview page, each by one query. */
export type OverviewRepository = {
  readonly jobsByState: (projectId: string) => Promise<ReadonlyMap<JobState, number>>;
  /** Jobs that ended since `since`, by UTC day and state. */
  readonly endedByDay: (projectId: string, since: Date) => Promise<readonly EndedDay[]>;
  /** Time from submit to the first training second, for jobs submitted since `since`. */
  readonly timeToStart: (
    projectId: string,
    since: Date,
  ) => Promise<{ readonly medianMs: number; readonly p95Ms: number; readonly jobs: number } | null>;
  readonly recoveries: (projectId: string, since: Date) => Promise<number>;
  readonly models: (
    projectId: string,
  ) => Promise<{ readonly models: number; readonly versions: number; readonly inProduction: number }>;
  /** Events that people care about, newest first: states of jobs, versions, stages, strays. */
  readonly activity: (query: {
    readonly projectId: string;
    readonly before?: bigint;
    readonly limit: number;
  }) => Promise<readonly EventRecord[]>;
};
