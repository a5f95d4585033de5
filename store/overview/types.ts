import type { JobState } from '@artenic/core';
import type { EventRecord } from '../events/types.ts';

export type EndedDay = { readonly day: string; readonly state: JobState; readonly jobs: number };

/** Sums for the first page, each one query. */
export type OverviewRepository = {
  readonly jobsByState: (projectId: string) => Promise<ReadonlyMap<JobState, number>>;
  /** Jobs that ended since then, by UTC day and state. */
  readonly endedByDay: (projectId: string, since: Date) => Promise<readonly EndedDay[]>;
  /** Submit to the first training second, of jobs submitted since then. */
  readonly timeToStart: (
    projectId: string,
    since: Date,
  ) => Promise<{ readonly medianMs: number; readonly p95Ms: number; readonly jobs: number } | null>;
  readonly recoveries: (projectId: string, since: Date) => Promise<number>;
  readonly models: (
    projectId: string,
  ) => Promise<{ readonly models: number; readonly versions: number; readonly inProduction: number }>;
  /** What people care about, newest first: jobs' states, versions, stages, instances that should not be there. */
  readonly activity: (query: {
    readonly projectId: string;
    readonly before?: bigint;
    readonly limit: number;
  }) => Promise<readonly EventRecord[]>;
};
