import { isTerminalJobState, type AttemptView, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { waitSpans } from '../../features/timeline/wait-spans.ts';
import { CheckpointNote } from '../../features/situation/checkpoint-note.tsx';
import { JobVitals } from '../../features/situation/job-vitals.tsx';
import { SituationNote } from '../../features/situation/situation-note.tsx';
import { clockTime, exactTime, shortId } from '../../lib/format.ts';
import { useFollowJob } from '../../lib/live-context.tsx';
import { attemptsQuery, decisionsQuery, jobQuery, metricsQuery, refusalsQuery } from '../../lib/queries.ts';
import { endingStatus, jobStatus, statusOfJob } from '../../lib/status.ts';
import { useNow } from '../../lib/use-now.ts';
import { JobActions } from './job-actions.tsx';
import { JobDecisions } from './job-decisions.tsx';
import { JobRefusals } from './job-refusals.tsx';
import { JobConfig, JobOutputs, JobSummary } from './job-details.tsx';

const AttemptTimeline = lazy(() =>
  import('../../features/timeline/attempt-timeline.tsx').then((m) => ({ default: m.AttemptTimeline })),
);
const TimeToStart = lazy(() =>
  import('../../features/timeline/time-to-start.tsx').then((m) => ({ default: m.TimeToStart })),
);
const JobMetrics = lazy(() => import('./job-metrics.tsx').then((m) => ({ default: m.JobMetrics })));
const JobLog = lazy(() => import('./job-log.tsx').then((m) => ({ default: m.JobLog })));

/** About as tall as the timeline and breakdown of a job with one or two attempts. */
const loadingAttempts = <Skeleton className="h-[19rem]" />;

/** Explains the job's state when the state alone does not. */
function JobMessage({ job }: { readonly job: JobView }): ReactElement | null {
  // an open job's situation says it, with its age
  if (job.message === '' || job.state === 'succeeded' || job.situation !== null) return null;
  const { tone, icon } = jobStatus[job.state];
  const box =
    tone === 'bad'
      ? 'border-bad/25 bg-bad/10 text-bad'
      : tone === 'warn'
        ? 'border-warn/25 bg-warn/10 text-warn'
        : 'border-line bg-surface text-muted';
  return (
    <div className={`mb-4 flex items-start gap-2.5 rounded-lg border px-4 py-3 text-sm ${box}`}>
      <Icon name={icon} className="mt-0.5 size-4" />
      <p className="min-w-0 break-words">{job.message}</p>
    </div>
  );
}

function HeldNote({ job }: { readonly job: JobView }): ReactElement | null {
  if (job.heldAt === null || isTerminalJobState(job.state) || job.situation?.kind === 'held') return null;
  return (
    <div className="mb-4 flex items-start gap-2.5 rounded-lg border border-warn/25 bg-warn/10 px-4 py-3 text-sm text-warn">
      <Icon name="pause" className="mt-0.5 size-4" />
      <p title={exactTime(job.heldAt)}>
        On hold since {clockTime(job.heldAt)}. The current attempt continues; no new attempts start.
      </p>
    </div>
  );
}

function Attempts({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(attemptsQuery(job.id));
  const { data: decisions = [] } = useQuery(decisionsQuery(job.id));
  const { data: refusals = [] } = useQuery(refusalsQuery(job.id));
  const nowMs = useNow(1000, !isTerminalJobState(job.state));
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const select = (attempt: number): void =>
    void navigate({ search: (old) => ({ ...old, attempt }), replace: true, resetScroll: false });
  return (
    <Card>
      <QueryPanel query={query} skeleton={loadingAttempts}>
        {(attempts) => (
          <Suspense fallback={loadingAttempts}>
            <div className="grid grid-cols-1 gap-8">
              <AttemptTimeline job={job} attempts={attempts} nowMs={nowMs} onSelectAttempt={select} />
              <TimeToStart
                job={job}
                attempts={attempts}
                nowMs={nowMs}
                waits={waitSpans(job, decisions, refusals, nowMs)}
              />
            </div>
          </Suspense>
        )}
      </QueryPanel>
    </Card>
  );
}

function Metrics({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(metricsQuery(job.id));
  return (
    <Card title="Metrics" isFlush>
      <QueryPanel query={query} skeleton={<Skeleton className="m-4 h-64" />}>
        {(points) =>
          points.length === 0 ? (
            <p className="px-4 py-10 text-center text-sm text-muted">
              {isTerminalJobState(job.state) ? (
                'This job has reported no metric.'
              ) : (
                <>
                  No metric yet. A training appends JSON lines to{' '}
                  <code className="font-mono text-xs">ARTENIC_METRICS_FILE</code>, and they are drawn here as they come.
                </>
              )}
            </p>
          ) : (
            <Suspense fallback={<Skeleton className="m-4 h-64" />}>
              <JobMetrics points={points} />
            </Suspense>
          )
        }
      </QueryPanel>
    </Card>
  );
}

function AttemptPicker(props: {
  readonly attempts: readonly AttemptView[];
  readonly value: number;
  readonly onChange: (attempt: number) => void;
}): ReactElement | null {
  const { attempts, value, onChange } = props;
  if (attempts.length < 2) return null;
  return (
    <select
      aria-label="Attempt"
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      className="h-7 rounded-md border border-line bg-canvas px-2 text-xs"
    >
      {attempts.map(({ attempt, ending }) => (
        <option key={attempt} value={attempt}>
          Attempt {attempt}
          {ending === null ? '' : ` · ${endingStatus[ending.kind].label.toLowerCase()}`}
        </option>
      ))}
    </select>
  );
}

function Log({ job }: { readonly job: JobView }): ReactElement {
  const { data: attempts = [] } = useQuery(attemptsQuery(job.id));
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const attempt = search.attempt ?? Math.max(1, job.currentAttempt);
  return (
    <Card
      title="Log"
      isFlush
      actions={
        <AttemptPicker
          attempts={attempts}
          value={attempt}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, attempt: next }), replace: true, resetScroll: false })
          }
        />
      }
    >
      {job.currentAttempt === 0 ? (
        <p className="px-4 py-10 text-center text-sm text-muted">
          {isTerminalJobState(job.state)
            ? 'The job has ended before its first attempt.'
            : 'The log begins with the first attempt.'}
        </p>
      ) : (
        <Suspense fallback={<Skeleton className="m-4 h-[28rem]" />}>
          <JobLog key={attempt} jobId={job.id} attempt={attempt} />
        </Suspense>
      )}
    </Card>
  );
}

function JobPanels({ job }: { readonly job: JobView }): ReactElement {
  return (
    <>
      <HeldNote job={job} />
      <SituationNote job={job} />
      <JobMessage job={job} />
      <CheckpointNote job={job} />
      <JobVitals job={job} />
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 grid-cols-1 gap-4">
          <Attempts job={job} />
          <Metrics job={job} />
          <Log job={job} />
        </div>
        <div className="grid min-w-0 grid-cols-1 gap-4">
          <JobSummary job={job} />
          <JobDecisions job={job} />
          <JobRefusals job={job} />
          <JobOutputs job={job} />
          <JobConfig job={job} />
        </div>
      </div>
    </>
  );
}

export function JobPage(): ReactElement {
  const { jobId } = useParams({ from: '/shell/jobs/$jobId' });
  useFollowJob(jobId);
  const query = useQuery(jobQuery(jobId));
  const job = query.data;
  const name = job?.service ?? `Job ${shortId(jobId)}`;
  return (
    <>
      <PageHeader
        title={name}
        documentTitle={`Training · ${name} ${shortId(jobId)}`}
        crumbs={[{ label: 'Training', to: '/jobs' }, { label: shortId(jobId) }]}
        beside={job !== undefined && <StatusBadge status={statusOfJob(job)} />}
        actions={job !== undefined && <JobActions job={job} />}
      />
      <QueryPanel
        query={query}
        skeleton={
          <div className="grid grid-cols-1 gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
            <Skeleton className="h-72 rounded-lg" />
            <Skeleton className="h-72 rounded-lg" />
          </div>
        }
      >
        {(known) => <JobPanels job={known} />}
      </QueryPanel>
    </>
  );
}
