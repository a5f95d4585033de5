import { isTerminalJobState, type AttemptView, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { attemptsQuery, decisionsQuery, metricsQuery, refusalsQuery } from '../../lib/queries.ts';
import { waitSpans } from '../../features/timeline/wait-spans.ts';
import { useNow } from '../../lib/use-now.ts';
import { JobDecisions } from './job-decisions.tsx';
import { JobRefusals } from './job-refusals.tsx';

const AttemptTimeline = lazy(() =>
  import('../../features/timeline/attempt-timeline.tsx').then((m) => ({ default: m.AttemptTimeline })),
);
const TimeToStart = lazy(() =>
  import('../../features/timeline/time-to-start.tsx').then((m) => ({ default: m.TimeToStart })),
);

/** About as tall as the timeline and breakdown of a job with one or two attempts. */
const loading = <Skeleton className="h-[21rem]" />;

function Timelines({ job, attempts }: { readonly job: JobView; readonly attempts: readonly AttemptView[] }) {
  const nowMs = useNow(1000, !isTerminalJobState(job.state));
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const { data: decisions = [] } = useQuery(decisionsQuery(job.id));
  const { data: refusals = [] } = useQuery(refusalsQuery(job.id));
  // Metrics are needed only to tell the step from which an attempt resumed.
  const { data: points } = useQuery({
    ...metricsQuery(job.id),
    enabled: attempts.some(({ restoredFrom }) => restoredFrom !== null),
  });
  return (
    <div className="grid grid-cols-1 gap-8">
      <AttemptTimeline
        job={job}
        attempts={attempts}
        nowMs={nowMs}
        {...(points === undefined ? {} : { points })}
        onSelectAttempt={(attempt) => void navigate({ search: (old) => ({ ...old, tab: 'log', attempt }) })}
      />
      <TimeToStart job={job} attempts={attempts} nowMs={nowMs} waits={waitSpans(job, decisions, refusals, nowMs)} />
    </div>
  );
}

export function AttemptsTab({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(attemptsQuery(job.id));
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card>
        <QueryPanel query={query} skeleton={loading}>
          {(attempts) => (
            <Suspense fallback={loading}>
              <Timelines job={job} attempts={attempts} />
            </Suspense>
          )}
        </QueryPanel>
      </Card>
      {/* What grows stands last, so that nothing below it moves. */}
      {query.data !== undefined && (
        <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
          <JobDecisions job={job} />
          <JobRefusals job={job} />
        </div>
      )}
    </div>
  );
}
