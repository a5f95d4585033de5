import { gain, goodSide } from '@artenic/core';
import type { BestMetric } from '../../lib/best-metrics.ts';

export type MetricColumn = {
  readonly name: string;
  /** The newest values stand in for the best ones, because the name does not tell what is good. */
  readonly isLast: boolean;
  /** Best value of each job; null for a job without the metric. */
  readonly values: readonly (number | null)[];
  /** Places of the jobs with the best of all values; empty where the jobs do not differ. */
  readonly winners: ReadonlySet<number>;
};

/** Best values of the compared jobs by metric, the metrics of most jobs first. */
export function metricColumns(jobs: readonly (readonly BestMetric[])[]): readonly MetricColumn[] {
  const names = [...new Set(jobs.flatMap((metrics) => metrics.map(({ name }) => name)))];
  return names
    .map((name): MetricColumn => {
      const isLast = goodSide(name) === null;
      const values = jobs.map((metrics) => {
        const own = metrics.find((one) => one.name === name);
        return own === undefined ? null : isLast ? own.last : own.best;
      });
      const given = values.filter((value) => value !== null);
      const best = given.reduce((top, value) => (gain(name, value, top) > 0 ? value : top), given[0] ?? 0);
      const winners = values.flatMap((value, place) => (value === best ? [place] : []));
      const hasWinners = !isLast && given.length > winners.length;
      return { name, isLast, values, winners: new Set(hasWinners ? winners : []) };
    })
    .toSorted((one, other) => {
      const count = ({ values }: MetricColumn): number => values.filter((value) => value !== null).length;
      return count(other) - count(one) || one.name.localeCompare(other.name);
    });
}
