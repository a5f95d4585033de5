import type { MetricPoint } from '@artenic/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { ChartControls } from '../../charts/chart-controls.tsx';
import { LineChart } from '../../charts/line-chart.tsx';
import type { LineOptions } from '../../charts/line-data.ts';
import { metricNames, runOf, type ChartRun, type XKind } from '../../charts/metric-runs.ts';
import { Segmented } from '../../components/segmented.tsx';

/** Groups names that belong in one chart, such as `loss` and `val_loss`. */
function groupsOf(names: readonly string[]): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const base = name.replace(/^(?:val|train|test)[_/]/, '');
    groups.set(base, [...(groups.get(base) ?? []), name]);
  }
  return [...groups];
}

function MetricChart(props: {
  readonly title: string;
  readonly names: readonly string[];
  readonly points: readonly MetricPoint[];
  readonly xKind: XKind;
  readonly options: LineOptions;
}): ReactElement {
  const { title, names, points, xKind, options } = props;
  const runs = useMemo<readonly ChartRun[]>(
    () => names.map((name) => runOf(points, { id: name, name, metric: name, xKind })),
    [names, points, xKind],
  );
  return (
    <LineChart
      title={title}
      runs={runs}
      xKind={xKind}
      xLabel={xKind}
      options={options}
      syncKey="metrics"
      heightPx={220}
    />
  );
}

/** All metrics of the job with shared controls, whose values are kept in the address. */
export function JobMetrics({ points }: { readonly points: readonly MetricPoint[] }): ReactElement {
  const { x = 'step', log = false, smooth = 0 } = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  // The page shows progress in a bar of its own.
  const nameKey = metricNames(points)
    .filter((name) => name !== 'progress')
    .join('\n');
  const groups = useMemo(() => groupsOf(nameKey === '' ? [] : nameKey.split('\n')), [nameKey]);
  const options = useMemo<LineOptions>(() => ({ isLog: log, smoothing: smooth }), [log, smooth]);
  const change = (next: LineOptions): void =>
    void navigate({
      search: (old) => ({ ...old, log: next.isLog || undefined, smooth: next.smoothing || undefined }),
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="grid grid-cols-1 gap-5 p-4">
      <div className="flex flex-wrap items-center gap-3">
        <Segmented
          label="Horizontal axis"
          value={x}
          options={[
            { value: 'step', label: 'Step' },
            { value: 'time', label: 'Time' },
          ]}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, x: next === 'step' ? undefined : next }),
              replace: true,
              resetScroll: false,
            })
          }
        />
        <div className="ml-auto">
          <ChartControls options={options} onOptionsChange={change} />
        </div>
      </div>
      <div className={`grid grid-cols-1 gap-6 ${groups.length > 1 ? 'xl:grid-cols-2' : ''}`}>
        {groups.map(([title, names]) => (
          <MetricChart key={title} title={title} names={names} points={points} xKind={x} options={options} />
        ))}
      </div>
    </div>
  );
}
