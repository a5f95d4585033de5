import type { JsonValue, Page, RunState } from '@artenic/core';

export type RunRecord = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly status: RunState;
  /** The job whose run this is. */
  readonly jobId: string | null;
  readonly triggeredBy: string;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** As a caller has said; null: from start to end. */
  readonly durationSeconds: number | null;
};

export type NewRunRecord = Pick<
  RunRecord,
  'id' | 'projectId' | 'name' | 'status' | 'triggeredBy' | 'parameters' | 'metrics' | 'createdBy' | 'createdAt'
>;

export type RunUpdate = {
  readonly status?: RunState | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  readonly durationSeconds?: number | undefined;
};

export type RunsQuery = {
  readonly projectId: string;
  readonly status?: RunState | undefined;
  readonly triggeredBy?: string | undefined;
  readonly cursor?: string;
  readonly limit: number;
  readonly offset?: number | undefined;
};

/** Runs of jobs are written with their jobs (`store/runs/of-job.ts`); these methods change no run of a job. */
export type RunsRepository = {
  /** Throws `conflict` for an id that is taken. */
  readonly insert: (run: NewRunRecord) => Promise<RunRecord>;
  /** By id, or by the last eight characters of one. Throws `not-found`. */
  readonly get: (projectId: string, ref: string) => Promise<RunRecord>;
  /** Newest first. */
  readonly list: (query: RunsQuery) => Promise<Page<RunRecord>>;
  /** Throws `conflict` for a status that does not follow the present one, and for the run of a job. */
  readonly update: (projectId: string, id: string, change: RunUpdate, at: Date) => Promise<RunRecord>;
  /** Throws `conflict` with what the run has made, and for the run of a job. */
  readonly remove: (projectId: string, id: string) => Promise<void>;
};
