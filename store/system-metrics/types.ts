import type { Measured } from '@artenic/core';

export type SystemWindowRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly at: Date;
  readonly seconds: number;
  readonly values: Readonly<Record<string, Measured>>;
};

/** A value of a series in a stretch of time: one window, or several merged ones. */
export type SystemValue = {
  readonly name: string;
  /** End of the stretch. */
  readonly at: Date;
  /** Measured time in it. */
  readonly seconds: number;
  readonly least: number;
  readonly mean: number;
  readonly greatest: number;
};

type AttemptOfJob = { readonly jobId: string; readonly attempt: number };

export type SystemMetricsRepository = {
  /** A window whose time an earlier one has is left out. */
  readonly insert: (windows: readonly SystemWindowRow[]) => Promise<void>;
  /** By name and time; neighbouring windows are merged until the attempt has at most `limit` of them. */
  readonly series: (query: AttemptOfJob & { readonly limit: number }) => Promise<readonly SystemValue[]>;
  /** One value for each series, over the last `minutes` of the attempt that were measured. */
  readonly recent: (query: AttemptOfJob & { readonly minutes: number }) => Promise<readonly SystemValue[]>;
};
