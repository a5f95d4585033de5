import type { SeriesExtremes } from '@artenic/core';

export type MetricRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  readonly step: number;
  readonly epoch: number | null;
  readonly time: Date;
  readonly value: number;
};

/** The end of a job's points, and the newest attempt with points. */
export type NewestPoints = {
  readonly id: bigint;
  readonly attempt: number;
  /** The least step of that attempt over all names. */
  readonly firstStep: number;
  /** The first point of that attempt to arrive. */
  readonly firstId: bigint;
  readonly hasEarlier: boolean;
};

export type MetricsRepository = {
  readonly insert: (points: readonly MetricRow[]) => Promise<void>;
  /**
   * Ordered by step; at most `limit` points a name, thinned so that the minimum and maximum of each bucket are kept. A
   * later attempt's points replace an earlier one's from its first step on.
   */
  readonly series: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly limit: number;
  }) => Promise<readonly MetricRow[]>;
  /** Null without points. Ids become visible in ascending order. */
  readonly newest: (jobId: string) => Promise<NewestPoints | null>;
  /** In the order of writing, after `after` up to and including `until`. */
  readonly after: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly after: bigint;
    readonly until: bigint;
    readonly limit: number;
  }) => Promise<readonly (MetricRow & { readonly id: bigint })[]>;
  /** The least and the greatest value of each series of these jobs, by job; newest attempts first. */
  readonly extremes: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, readonly SeriesExtremes[]>>;
  /** Last finite value by name. */
  readonly latest: (jobId: string) => Promise<ReadonlyMap<string, number>>;
};
