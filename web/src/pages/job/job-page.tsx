import { shortId, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { jobTitle } from '../../lib/job-title.ts';
import { useFollowJob } from '../../lib/live-context.tsx';
import { jobQuery } from '../../lib/queries.ts';
import { rememberVisit } from '../../lib/recent.ts';
import { useShortcuts } from '../../lib/shortcuts.ts';
import { statusOfJob } from '../../lib/status.ts';
import { JobActions } from './job-actions.tsx';
import { JobConfig, JobOutputs } from './job-details.tsx';
import { LogTab } from './job-log-tab.tsx';
import { MetricsTab } from './job-metrics-tab.tsx';
import { OverviewTab } from './job-overview.tsx';
import { jobTabs, tabOf, type JobTab } from './job-tabs.ts';

// The timeline is loaded with its tab.
const AttemptsTab = lazy(() => import('./job-attempts-tab.tsx').then((m) => ({ default: m.AttemptsTab })));

const tabWords: Readonly<Record<JobTab, string>> = {
  overview: 'Overview',
  log: 'Log',
  metrics: 'Metrics',
  attempts: 'Attempts',
  config: 'Config',
  artifacts: 'Artifacts',
};

function Panel({ job, tab }: { readonly job: JobView; readonly tab: JobTab }): ReactElement {
  switch (tab) {
    case 'overview':
      return <OverviewTab job={job} />;
    case 'log':
      return <LogTab job={job} />;
    case 'metrics':
      return <MetricsTab job={job} />;
    case 'attempts':
      return <AttemptsTab job={job} />;
    case 'config':
      return <JobConfig job={job} />;
    case 'artifacts':
      return <JobOutputs job={job} />;
  }
}

function JobTabs({ job }: { readonly job: JobView }): ReactElement {
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const tab = tabOf(search, hash);
  const open = (next: JobTab): void => void navigate({ search: (old) => ({ ...old, tab: next }), resetScroll: false });
  // The key focuses the search field of the page, which the log has.
  useShortcuts({ '/': () => (tab === 'log' ? undefined : open('log')) });
  return (
    <Tabs
      label="Parts of this job"
      value={tab}
      tabs={jobTabs.map((value) => ({
        value,
        label: tabWords[value],
        note: value === 'attempts' && job.currentAttempt > 1 ? job.currentAttempt : undefined,
      }))}
      onChange={open}
    >
      <Suspense fallback={<Skeleton className="h-72 rounded-lg" />}>
        <Panel job={job} tab={tab} />
      </Suspense>
    </Tabs>
  );
}

/** Tabs and the first panel of a job that is not known yet. */
const loading = (
  <div>
    <Skeleton className="mb-4 h-9" />
    <Skeleton className="mb-4 h-32 rounded-lg" />
    <Skeleton className="h-72 rounded-lg" />
  </div>
);

/** An address may have a shortened id; live events name the whole one. */
function useWholeId(jobId: string, wholeId: string | undefined): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (wholeId === undefined || wholeId === jobId) return;
    void navigate({ to: '/jobs/$jobId', params: { jobId: wholeId }, search: true, replace: true });
  }, [jobId, wholeId, navigate]);
}

function useRemembered(job: JobView | undefined): void {
  const { id, name, service } = job ?? {};
  useEffect(() => {
    if (id === undefined || name === undefined) return;
    rememberVisit({ kind: 'job', id, title: name, subtitle: `${service} · ${shortId(id)}` });
  }, [id, name, service]);
}

export function JobPage(): ReactElement {
  const { jobId } = useParams({ from: '/shell/jobs/$jobId' });
  useFollowJob(jobId);
  const query = useQuery(jobQuery(jobId));
  const job = query.data;
  useWholeId(jobId, job?.id);
  useRemembered(job);
  const name = job?.name ?? `Job ${shortId(jobId)}`;
  return (
    <>
      <PageHeader
        title={name}
        documentTitle={`Training · ${job === undefined ? name : jobTitle(job)}`}
        crumbs={[{ label: 'Training', to: '/jobs' }, { label: shortId(jobId) }]}
        beside={job !== undefined && <StatusBadge status={statusOfJob(job)} />}
        actions={job === undefined ? <Skeleton className="h-8 w-64" /> : <JobActions job={job} />}
      />
      <QueryPanel query={query} skeleton={loading}>
        {(known) => <JobTabs job={known} />}
      </QueryPanel>
    </>
  );
}
