export type MetricRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  readonly step: number;
  readonly epoch: number | null;
  readonly time: Date;
  readonly value: number;
};

/** Where a job's points end, and the newest attempt that has any. */
export type NewestPoints = {
  readonly id: bigint;
  readonly attempt: number;
  /** The least of that attempt, whatever the name. */
  readonly firstStep: number;
  /** The point of that attempt that came first. */
  readonly firstId: bigint;
  readonly hasEarlier: boolean;
};

export type MetricsRepository = {
  readonly insert: (points: readonly MetricRow[]) => Promise<void>;
  /** By step; at most `limit` points a name, thinned with the minimum and maximum of each bucket kept. A later attempt's points replace an earlier one's from its first step on. */
  readonly series: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly limit: number;
  }) => Promise<readonly MetricRow[]>;
  /** Null without points. Ids become visible in their order. */
  readonly newest: (jobId: string) => Promise<NewestPoints | null>;
  /** In the order they were written, behind `after` up to `until`. */
  readonly after: (query: {
    readonly jobId: string;
    readonly names?: readonly string[];
    readonly after: bigint;
    readonly until: bigint;
    readonly limit: number;
  }) => Promise<readonly (MetricRow & { readonly id: bigint })[]>;
  /** Last finite value by name. */
  readonly latest: (jobId: string) => Promise<ReadonlyMap<string, number>>;
};
