import { shortId, timeLeftText, type JobView } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Duration } from '../../components/duration.tsx';
import { Progress } from '../../components/progress.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { SignOfLife } from '../../features/situation/sign-of-life.tsx';
import { SituationLine } from '../../features/situation/situation-note.tsx';
import { jobsQuery, statesOfGroup } from '../../lib/queries.ts';
import { statusOfJob } from '../../lib/status.ts';

const shown = 6;

/** The job has an attempt that can make progress. */
const isMoving = ({ state }: JobView): boolean => state !== 'queued' && state !== 'waiting';

function RunningJob({ job }: { readonly job: JobView }): ReactElement {
  return (
    <li
      data-row={job.id}
      className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 px-4 py-3 sm:grid-cols-[1fr_8.5rem_9rem_4.5rem]"
    >
      <div className="min-w-0">
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="truncate text-sm font-medium hover:underline">
          {job.service}
        </Link>
        <span className="ml-2 font-mono text-xs text-muted">{shortId(job.id)}</span>
        {job.situation !== null && <SituationLine situation={job.situation} />}
      </div>
      <span>
        <StatusBadge status={statusOfJob(job)} />
      </span>
      {isMoving(job) ? (
        <div className="text-xs">
          <Progress value={job.progress} label={`Progress of ${job.service} ${shortId(job.id)}`} />
          {job.timeLeftMs !== null && <p className="text-muted tabular-nums">{timeLeftText(job.timeLeftMs)}</p>}
          {job.signOfLife !== null && <SignOfLife sign={job.signOfLife} />}
        </div>
      ) : (
        <span className="text-xs text-muted tabular-nums">
          {job.queuePosition === null ? '' : `#${job.queuePosition} in queue`}
        </span>
      )}
      <span className="text-right text-xs text-muted">
        <Duration from={job.createdAt} to={job.finishedAt} />
      </span>
    </li>
  );
}

export function RunningJobs(): ReactElement {
  const query = useInfiniteQuery(jobsQuery({ state: statesOfGroup.active ?? [], limit: shown }));
  return (
    <Card
      title="Running"
      isFlush
      actions={
        <Link
          to="/jobs"
          search={{ show: 'active' }}
          className="inline-flex min-h-6 items-center text-xs font-medium text-accent hover:underline"
        >
          All jobs
        </Link>
      }
    >
      <QueryPanel query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ pages }) => {
          const jobs = pages.flatMap((page) => page.items).slice(0, shown);
          if (jobs.length === 0)
            return (
              <EmptyState
                icon="training"
                title="No active jobs"
                command="npx artenic jobs dispatch examples/penguins/artenic.yaml --watch"
                action={
                  <Link to="/jobs/new" className={buttonClass('primary')}>
                    Dispatch a job
                  </Link>
                }
              >
                Jobs appear here while they are queued or running.
              </EmptyState>
            );
          return (
            <ul className="divide-y divide-line">
              {jobs.map((job) => (
                <RunningJob key={job.id} job={job} />
              ))}
            </ul>
          );
        }}
      </QueryPanel>
    </Card>
  );
}
