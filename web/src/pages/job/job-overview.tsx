import type { JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { formatAligned } from '../../charts/chart-format.ts';
import { metricNames, runOf } from '../../charts/metric-runs.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { LineagePanel } from '../../features/lineage/lineage-panel.tsx';
import { CheckpointNote } from '../../features/situation/checkpoint-note.tsx';
import { SituationNote } from '../../features/situation/situation-note.tsx';
import { bestMetrics } from '../../lib/best-metrics.ts';
import { metricsQuery } from '../../lib/queries.ts';
import { JobDetails } from './job-details.tsx';
import { JobSummary } from './job-summary.tsx';
import { HeldNote, JobFailure, JobNotice } from './job-trouble.tsx';

/** The overview shows the most important metrics; all of them have a tab. */
const mostShown = 5;

type Points = Parameters<typeof bestMetrics>[0];

function MetricRows({ points, isOver }: { readonly points: Points; readonly isOver: boolean }): ReactElement {
  const rows = useMemo(() => {
    const found = bestMetrics(points);
    return metricNames(points)
      .flatMap((name) => found.filter((one) => one.name === name))
      .slice(0, mostShown)
      .map((one) => ({
        ...one,
        values: runOf(points, { id: one.name, name: one.name, metric: one.name, xKind: 'step', startMs: 0 }).y,
      }));
  }, [points]);
  if (rows.length === 0)
    return (
      <p className="px-4 py-8 text-center text-sm text-muted">{isOver ? 'No metrics reported.' : 'No metrics yet.'}</p>
    );
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">Main metrics</caption>
      <thead className="text-xs text-muted">
        <tr>
          <th scope="col" className="h-8 px-4 text-left font-medium">
            Metric
          </th>
          <th scope="col" className="px-4 text-right font-medium">
            Last
          </th>
          <th scope="col" className="px-4 text-right font-medium">
            Best
          </th>
          <th scope="col" className="px-4 text-right font-medium">
            Curve
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line border-t border-line">
        {rows.map(({ name, last, best, bestStep, values }) => {
          const [lastText, bestText] = formatAligned([last, best]);
          return (
            <tr key={name}>
              <th scope="row" className="h-10 px-4 text-left font-mono text-xs font-normal [overflow-wrap:anywhere]">
                {name}
              </th>
              <td className="px-4 text-right tabular-nums">{lastText}</td>
              <td
                className="px-4 text-right font-medium tabular-nums"
                title={bestStep === null ? undefined : `at step ${bestStep}`}
              >
                {bestText}
              </td>
              <td className="px-4 text-right">
                <Sparkline label={name} values={values} className="ml-auto h-6 w-16 sm:w-24" />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function MainMetrics({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(metricsQuery(job.id));
  return (
    <Card
      title="Metrics"
      isFlush
      actions={
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.id }}
          search={{ tab: 'metrics' }}
          className="inline-flex min-h-6 items-center text-xs font-medium text-accent hover:underline"
        >
          All charts
        </Link>
      }
    >
      <QueryPanel query={query} skeleton={<Skeleton className="m-4 h-40" />}>
        {(points) => <MetricRows points={points} isOver={job.finishedAt !== null} />}
      </QueryPanel>
    </Card>
  );
}

export function OverviewTab({ job }: { readonly job: JobView }): ReactElement {
  return (
    <div className="grid grid-cols-1 gap-4">
      <HeldNote job={job} />
      <SituationNote job={job} />
      <CheckpointNote job={job} />
      <JobNotice job={job} />
      <JobFailure job={job} />
      <JobSummary job={job} />
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
        <MainMetrics job={job} />
        <JobDetails job={job} />
      </div>
      <Card title="Lineage" isFlush>
        <LineagePanel kind="run" id={job.id} />
      </Card>
    </div>
  );
}
