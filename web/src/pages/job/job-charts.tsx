import { isTerminalJobState, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { attemptsQuery, metricsQuery } from '../../lib/queries.ts';
import { AttemptPicker } from './attempt-picker.tsx';
import { JobMetrics } from './job-metrics.tsx';
import { JobSystem } from './job-system.tsx';

/** As tall as the controls and two rows of charts. */
const loading = <Skeleton className="m-4 h-[40rem]" />;

function SystemCard({ job }: { readonly job: JobView }): ReactElement | null {
  const { data: attempts = [] } = useQuery(attemptsQuery(job.id));
  const search = useSearch({ from: '/shell/jobs/$jobId' });
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  if (job.currentAttempt === 0) return null;
  const attempt = search.attempt ?? job.currentAttempt;
  return (
    <Card
      title="System"
      isFlush
      actions={
        <AttemptPicker
          attempts={attempts}
          value={attempt}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, tab: 'metrics', attempt: next }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      <JobSystem job={job} attempt={attempt} />
    </Card>
  );
}

export function JobCharts({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(metricsQuery(job.id));
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="Metrics" isFlush>
        <QueryPanel query={query} skeleton={loading}>
          {(points) =>
            points.length === 0 ? (
              <p className="px-4 py-10 text-center text-sm text-muted">
                {isTerminalJobState(job.state) ? (
                  'No metrics reported.'
                ) : (
                  <>
                    No metrics yet. A training appends JSON lines to{' '}
                    <code className="font-mono text-xs">ARTENIC_METRICS_FILE</code>; they are drawn here as they come.
                  </>
                )}
              </p>
            ) : (
              <JobMetrics job={job} points={points} />
            )
          }
        </QueryPanel>
      </Card>
      {/* Below charts whose height is not known before their answer: it would be moved by them. */}
      {!query.isPending && <SystemCard job={job} />}
    </div>
  );
}
