import { isTerminalJobState, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { metricsQuery } from '../../lib/queries.ts';

const JobMetrics = lazy(() => import('./job-metrics.tsx').then((m) => ({ default: m.JobMetrics })));

/** As tall as the controls and two rows of charts. */
const loading = <Skeleton className="m-4 h-[40rem]" />;

export function MetricsTab({ job }: { readonly job: JobView }): ReactElement {
  const query = useQuery(metricsQuery(job.id));
  return (
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
            <Suspense fallback={loading}>
              <JobMetrics job={job} points={points} />
            </Suspense>
          )
        }
      </QueryPanel>
    </Card>
  );
}
