import type { JobView } from '@artenic/core';
import { lazy, Suspense, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { Skeleton } from '../../components/skeleton.tsx';

const JobCharts = lazy(() => import('./job-charts.tsx').then((m) => ({ default: m.JobCharts })));

/** Charts are a large part of the page's code, and are loaded with their tab. */
export function MetricsTab({ job }: { readonly job: JobView }): ReactElement {
  return (
    <Suspense
      fallback={
        <Card title="Metrics" isFlush>
          <Skeleton className="m-4 h-[40rem]" />
        </Card>
      }
    >
      <JobCharts job={job} />
    </Suspense>
  );
}
