import { useMemo } from 'react';
import type { LineOptions } from '../../charts/line-data.ts';
import type { XKind } from '../../charts/metric-runs.ts';
import type { AxisRange } from '../../charts/outliers.ts';
import { convertRange, type XPair } from '../../charts/x-range.ts';
import type { ChartSearch } from './chart-search.ts';

/** All of it, because a change replaces what the address held before. */
type Change = { readonly [Name in keyof Required<ChartSearch>]?: ChartSearch[Name] | undefined };

export type ChartView = {
  readonly x: XKind;
  readonly options: LineOptions;
  readonly range: AxisRange | null;
  readonly setX: (x: XKind) => void;
  readonly setOptions: (options: LineOptions) => void;
  readonly setRange: (range: AxisRange | null) => void;
};

/**
 * How all charts of a page are drawn, kept in the page's address.
 * @param apply writes a change into the address; a zoom is a step that Back undoes, other changes are not
 * @param pairsOf every point of the charts on both axes, to carry a zoom over to another axis
 */
export function useChartView(
  search: ChartSearch,
  apply: (change: Change, isStep: boolean) => void,
  pairsOf: (from: XKind, to: XKind) => readonly XPair[],
): ChartView {
  const { x = 'step', log = false, smooth = 0, outliers } = search;
  const ignoresOutliers = outliers === 'ignore';
  const [low, high] = search.range ?? [];
  const options = useMemo<LineOptions>(
    () => ({ isLog: log, smoothing: smooth, ignoresOutliers }),
    [log, smooth, ignoresOutliers],
  );
  const range = useMemo<AxisRange | null>(
    () => (low === undefined || high === undefined ? null : [low, high]),
    [low, high],
  );
  const put = (next: AxisRange | null): Change['range'] => (next === null ? undefined : [next[0], next[1]]);
  return {
    x,
    options,
    range,
    setX: (next) =>
      apply(
        {
          x: next === 'step' ? undefined : next,
          range: put(range === null ? null : convertRange(range, pairsOf(x, next))),
        },
        false,
      ),
    setOptions: (next) =>
      apply(
        {
          log: next.isLog || undefined,
          smooth: next.smoothing || undefined,
          outliers: next.ignoresOutliers ? 'ignore' : undefined,
        },
        false,
      ),
    setRange: (next) => apply({ range: put(next) }, true),
  };
}
