import type { JobView, MetricPoint } from '@artenic/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { LineChart } from '../../charts/line-chart.tsx';
import { metricNames, runOf, xOf, type ChartRun } from '../../charts/metric-runs.ts';
import { ChartToolbar, xAxisName } from '../../features/metrics/chart-toolbar.tsx';
import { metricGroups, type MetricGroup } from '../../features/metrics/metric-groups.ts';
import { useChartView, type ChartView } from '../../features/metrics/use-chart-view.ts';

function MetricChart(props: {
  readonly group: MetricGroup;
  readonly points: readonly MetricPoint[];
  readonly startMs: number;
  readonly view: ChartView;
}): ReactElement {
  const { group, points, startMs, view } = props;
  const { x, options, range, setRange } = view;
  const runs = useMemo<readonly ChartRun[]>(
    () => group.names.map((name) => runOf(points, { id: name, name, metric: name, xKind: x, startMs })),
    [group, points, x, startMs],
  );
  return (
    <LineChart
      title={group.title}
      yLabel={group.quantity}
      runs={runs}
      xKind={x}
      xLabel={xAxisName(x)}
      options={options}
      zoom={{ range, onChange: setRange }}
      syncKey="metrics"
    />
  );
}

/** All metrics of the job with shared controls, whose values are kept in the address. */
export function JobMetrics({
  job,
  points,
}: {
  readonly job: Pick<JobView, 'createdAt' | 'startedAt'>;
  readonly points: readonly MetricPoint[];
}): ReactElement {
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const startMs = Date.parse(job.startedAt ?? job.createdAt);
  const view = useChartView(
    search,
    (change, isStep) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: !isStep, resetScroll: false }),
    (from, to) => points.map((point) => ({ from: xOf(point, from, startMs), to: xOf(point, to, startMs) })),
  );
  // The page shows progress in a bar of its own.
  const nameKey = metricNames(points)
    .filter((name) => name !== 'progress')
    .join('\n');
  const groups = useMemo(() => metricGroups(nameKey === '' ? [] : nameKey.split('\n')), [nameKey]);
  return (
    <div className="grid grid-cols-1 gap-5 p-4">
      <ChartToolbar view={view} />
      <div className={`grid grid-cols-1 gap-6 ${groups.length > 1 ? 'xl:grid-cols-2' : ''}`}>
        {groups.map((group) => (
          <MetricChart key={group.title} {...{ group, points, startMs, view }} />
        ))}
      </div>
    </div>
  );
}
