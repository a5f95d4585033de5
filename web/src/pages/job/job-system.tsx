import { isTerminalJobState, systemCharts, systemFacts, type JobView, type SystemChart } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { LineChart } from '../../charts/line-chart.tsx';
import type { ChartRun, XKind } from '../../charts/metric-runs.ts';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { xAxisName } from '../../features/metrics/chart-toolbar.tsx';
import { useChartView } from '../../features/metrics/use-chart-view.ts';
import { systemMetricsQuery } from '../../lib/queries.ts';

type TimeKind = Exclude<XKind, 'step'>;

function runsOf({ lines }: SystemChart, kind: TimeKind, startMs: number): readonly ChartRun[] {
  const fromMs = kind === 'elapsed' ? startMs : 0;
  return lines.map(({ name, label, times, mean }) => ({
    id: name,
    name: label,
    x: times.map((time) => Date.parse(time) - fromMs),
    y: mean,
  }));
}

/** Measurements have no step: beside charts by step these show the elapsed time, with a zoom of their own. */
function Charts(props: {
  readonly job: Pick<JobView, 'createdAt' | 'startedAt'>;
  readonly charts: readonly SystemChart[];
}): ReactElement {
  const { job, charts } = props;
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const startMs = Date.parse(job.startedAt ?? job.createdAt);
  const view = useChartView(
    search,
    (change, isStep) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: !isStep, resetScroll: false }),
    () => [],
  );
  const kind: TimeKind = view.x === 'step' ? 'elapsed' : view.x;
  const isShared = view.x !== 'step';
  const runs = useMemo(() => charts.map((chart) => runsOf(chart, kind, startMs)), [charts, kind, startMs]);
  return (
    <div className="grid grid-cols-1 gap-6 xl:grid-cols-2">
      {charts.map((chart, index) => (
        <LineChart
          key={chart.title}
          title={chart.title}
          yLabel={chart.unit}
          runs={runs[index] ?? []}
          xKind={kind}
          xLabel={xAxisName(kind)}
          options={view.options}
          syncKey={isShared ? 'metrics' : 'system'}
          {...(isShared ? { zoom: { range: view.range, onChange: view.setRange } } : {})}
        />
      ))}
    </div>
  );
}

/** Use of processor, memory, disk, network and GPUs by an attempt and on its machine. */
export function JobSystem({ job, attempt }: { readonly job: JobView; readonly attempt: number }): ReactElement {
  const isOpen = !isTerminalJobState(job.state) && attempt >= job.currentAttempt;
  const query = useQuery(systemMetricsQuery(job.id, attempt, isOpen));
  return (
    <QueryPanel query={query} skeleton={<Skeleton className="m-4 h-[40rem]" />}>
      {(metrics) => {
        const charts = systemCharts(metrics);
        const facts = systemFacts(metrics);
        if (charts.length === 0)
          return (
            <p className="px-4 py-10 text-center text-sm text-muted">
              {isOpen
                ? 'No system metrics yet. The first arrive about ten seconds after the runner has connected.'
                : 'This attempt sent no system metrics: it ended before the first, or its runner is of an older release.'}
            </p>
          );
        return (
          <div className="grid grid-cols-1 gap-5 p-4">
            {facts.length > 0 && (
              <ul aria-label="What stands out" className="grid gap-1 text-sm text-warn">
                {facts.map((fact) => (
                  <li key={fact}>{fact}</li>
                ))}
              </ul>
            )}
            <Charts job={job} charts={charts} />
          </div>
        );
      }}
    </QueryPanel>
  );
}
