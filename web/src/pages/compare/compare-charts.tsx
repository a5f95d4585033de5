import type { JobView, MetricPoint } from '@artenic/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { LineChart } from '../../charts/line-chart.tsx';
import { metricNames, runOf, xOf, type ChartRun } from '../../charts/metric-runs.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ChartToolbar, xAxisName } from '../../features/metrics/chart-toolbar.tsx';
import { useChartView, type ChartView } from '../../features/metrics/use-chart-view.ts';
import { jobTitle } from '../../lib/job-title.ts';

export type Compared = { readonly job: JobView; readonly points: readonly MetricPoint[] };

/** Number of charts drawn at first: a job may report hundreds of metrics. */
const firstCharts = 12;

const startOf = ({ createdAt, startedAt }: JobView): number => Date.parse(startedAt ?? createdAt);

function MetricChart(props: {
  readonly metric: string;
  readonly compared: readonly Compared[];
  readonly view: ChartView;
}): ReactElement {
  const { metric, compared, view } = props;
  const { x, options, range, setRange } = view;
  // A job without the metric has an empty line, so that each job keeps its colour and dashes in all charts.
  const runs = useMemo<readonly ChartRun[]>(
    () =>
      compared.map(({ job, points }) =>
        runOf(points, { id: job.id, name: jobTitle(job), metric, xKind: x, startMs: startOf(job) }),
      ),
    [compared, metric, x],
  );
  return (
    <LineChart
      title={metric}
      runs={runs}
      xKind={x}
      xLabel={xAxisName(x)}
      options={options}
      zoom={{ range, onChange: setRange }}
      syncKey="compare"
    />
  );
}

/** A chart for every metric, with a line for each job that has it. */
export function CompareCharts({ compared }: { readonly compared: readonly Compared[] }): ReactElement {
  const search = useSearch({ from: '/shell/jobs/compare' });
  const navigate = useNavigate({ from: '/jobs/compare' });
  const [showsAll, setShowsAll] = useState(false);
  const view = useChartView(
    search,
    (change, isStep) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: !isStep, resetScroll: false }),
    (from, to) =>
      compared.flatMap(({ job, points }) =>
        points.map((point) => ({ from: xOf(point, from, startOf(job)), to: xOf(point, to, startOf(job)) })),
      ),
  );
  const names = useMemo(
    () => metricNames(compared.flatMap(({ points }) => points)).filter((name) => name !== 'progress'),
    [compared],
  );
  const shown = showsAll ? names : names.slice(0, firstCharts);
  return (
    <Card title="Curves" isFlush>
      {names.length === 0 ? (
        <p className="px-4 py-10 text-center text-sm text-muted">None of these jobs has reported a metric.</p>
      ) : (
        <div className="grid grid-cols-1 gap-5 p-4">
          <ChartToolbar view={view} />
          <div className={`grid grid-cols-1 gap-6 ${names.length > 1 ? 'xl:grid-cols-2' : ''}`}>
            {shown.map((metric) => (
              <MetricChart key={metric} {...{ metric, compared, view }} />
            ))}
          </div>
          {shown.length < names.length && (
            <Button size="sm" onClick={() => setShowsAll(true)}>
              Show all {names.length} metrics
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}
