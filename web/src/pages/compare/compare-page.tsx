import { shortId } from '@artenic/core';
import { useQueries } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, type ReactElement } from 'react';
import { Swatch } from '../../charts/line-parts.tsx';
import { StatusBadge } from '../../components/badge.tsx';
import { buttonClass, IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { BestTable } from '../../features/compare/best-table.tsx';
import { idsText, mostCompared, parseIds } from '../../features/compare/compare-ids.ts';
import { configRows } from '../../features/compare/config-rows.ts';
import { ConfigTable } from '../../features/compare/config-table.tsx';
import { metricColumns } from '../../features/compare/metric-table.ts';
import { parallelAxes } from '../../features/compare/parallel-axes.ts';
import { ParallelChart } from '../../features/compare/parallel-chart.tsx';
import { bestMetrics } from '../../lib/best-metrics.ts';
import { jobTitle } from '../../lib/job-title.ts';
import { useLive } from '../../lib/live-context.tsx';
import { jobQuery, metricsQuery } from '../../lib/queries.ts';
import { jobStatus } from '../../lib/status.ts';
import { CompareCharts, type Compared } from './compare-charts.tsx';

/** Follows all compared jobs, so that curves of jobs that run grow. */
function useFollowJobs(ids: readonly string[]): void {
  const { follow } = useLive();
  const key = idsText(ids);
  useEffect(() => {
    const stops = parseIds(key).map((id) => follow(id));
    return () => stops.forEach((stop) => stop());
    // oxlint-disable-next-line react/exhaustive-deps -- `follow` is the same for the tab's life
  }, [key]);
}

function JobChips({
  compared,
  onRemove,
}: {
  readonly compared: readonly Compared[];
  readonly onRemove: (id: string) => void;
}) {
  return (
    <ul aria-label="Compared jobs" className="mb-4 flex flex-wrap gap-2">
      {compared.map(({ job }, place) => (
        <li
          key={job.id}
          className="flex h-9 items-center gap-2 rounded-md border border-line bg-surface pl-3 text-sm shadow-card"
        >
          <Swatch place={place} />
          <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="font-medium hover:underline">
            {jobTitle(job)}
          </Link>
          <StatusBadge status={jobStatus[job.state]} />
          <IconButton label={`Remove ${jobTitle(job)}`} icon="cross" onClick={() => onRemove(job.id)} />
        </li>
      ))}
    </ul>
  );
}

function Comparison({ compared }: { readonly compared: readonly Compared[] }): ReactElement {
  const names = compared.map(({ job }) => jobTitle(job));
  const rows = useMemo(() => configRows(compared.map(({ job }) => job.spec)), [compared]);
  const columns = useMemo(() => metricColumns(compared.map(({ points }) => bestMetrics(points))), [compared]);
  const axes = useMemo(() => parallelAxes(rows, columns), [rows, columns]);
  return (
    <div className="grid grid-cols-1 gap-4">
      <BestTable jobs={compared.map(({ job }) => job)} columns={columns} />
      <CompareCharts compared={compared} />
      <ConfigTable rows={rows} names={names} />
      <Card>
        <ParallelChart axes={axes} names={names} />
      </Card>
    </div>
  );
}

const chooseJobs = (
  <Card isFlush>
    <EmptyState
      icon="chart"
      title="Select jobs to compare"
      action={
        <Link to="/jobs" className={buttonClass('primary')}>
          Go to the jobs
        </Link>
      }
    >
      Tick 2 to {mostCompared} jobs in the table and press Compare, or open a job and choose “Compare with…”.
    </EmptyState>
  </Card>
);

const loading = (
  <Loading>
    <Skeleton className="mb-4 h-9 w-96 max-w-full" />
    <Skeleton className="mb-4 h-40 rounded-lg" />
    <Skeleton className="h-96 rounded-lg" />
  </Loading>
);

type Read = {
  readonly compared: readonly Compared[];
  readonly isLoading: boolean;
  /** The first job that cannot be read. */
  readonly failed: { readonly id: string; readonly error: Error; readonly retry: () => void } | null;
};

function useCompared(ids: readonly string[]): Read {
  const jobs = useQueries({ queries: ids.map((id) => jobQuery(id)) });
  const metrics = useQueries({ queries: ids.map((id) => metricsQuery(id)) });
  const known = ids.map((_, at) => [jobs[at]?.data, metrics[at]?.data] as const);
  const compared = useMemo(
    () => known.flatMap(([job, points]): Compared[] => (job && points ? [{ job, points }] : [])),
    // oxlint-disable-next-line react/exhaustive-deps -- the answers themselves, which stay the same until one changes
    known.flat(),
  );
  const at = ids.findIndex(
    (_, index) =>
      (jobs[index]?.isError === true && jobs[index].data === undefined) ||
      (metrics[index]?.isError === true && metrics[index].data === undefined),
  );
  const error = jobs[at]?.error ?? metrics[at]?.error ?? null;
  const retry = (): void => {
    void jobs[at]?.refetch();
    void metrics[at]?.refetch();
  };
  const isLoading = known.some(([job, points]) => job === undefined || points === undefined);
  return { compared, isLoading, failed: error === null ? null : { id: ids[at] ?? '', error, retry } };
}

export function ComparePage(): ReactElement {
  const search = useSearch({ from: '/shell/jobs/compare' });
  const navigate = useNavigate({ from: '/jobs/compare' });
  const ids = parseIds(search.ids);
  const { compared, isLoading, failed } = useCompared(ids);
  useFollowJobs(ids);
  const remove = (id: string): void =>
    void navigate({ search: (old) => ({ ...old, ids: idsText(ids.filter((one) => one !== id)) }), resetScroll: false });
  return (
    <>
      <PageHeader
        title="Compare jobs"
        documentTitle="Training · compare"
        crumbs={[{ label: 'Training', to: '/jobs' }, { label: 'Compare' }]}
      />
      {ids.length === 0 && chooseJobs}
      {failed !== null && (
        <Card className="mb-4" title={`Job ${shortId(failed.id)}`} isFlush>
          <ErrorState error={failed.error} onRetry={failed.retry} />
          <p className="border-t border-line p-3 text-center">
            <button type="button" className={buttonClass('ghost')} onClick={() => remove(failed.id)}>
              Compare without it
            </button>
          </p>
        </Card>
      )}
      {ids.length > 0 && failed === null && isLoading && loading}
      {ids.length > 0 && failed === null && !isLoading && (
        <>
          <JobChips compared={compared} onRemove={remove} />
          <Comparison compared={compared} />
        </>
      )}
    </>
  );
}
