import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement } from 'react';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { BelowAttention } from '../../features/attention/needs-attention.tsx';
import { BelowUnresolved } from '../../features/providers/unresolved-instances.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton, SkeletonRows } from '../../components/skeleton.tsx';
import { overviewQuery } from '../../lib/queries.ts';
import { Activity } from './activity.tsx';
import { KpiSkeleton } from './kpi.tsx';
import { Kpis } from './kpis.tsx';
import { ModelHealth } from './model-health.tsx';
import { RunningJobs } from './running-jobs.tsx';

const EndedJobs = lazy(() => import('./ended-jobs.tsx').then((m) => ({ default: m.EndedJobs })));
const chartSkeleton = <Skeleton className="h-[13rem] w-full" />;
/** Five tiles; where they stand in pairs, the last one has a row of its own. */
const kpiGrid = 'grid grid-cols-2 gap-3 xl:grid-cols-5 max-xl:*:last:col-span-2';
const kpiSkeleton = (
  <div className={kpiGrid}>
    {[0, 1, 2, 3, 4].map((place) => (
      <KpiSkeleton key={place} />
    ))}
  </div>
);
const listSkeleton = (
  <Card isFlush>
    <SkeletonRows rows={8} />
  </Card>
);

export function OverviewPage(): ReactElement {
  const query = useQuery(overviewQuery);
  return (
    <>
      <PageHeader
        title="Overview"
        actions={
          <Link to="/jobs/new" className={buttonClass('primary')}>
            <Icon name="plus" />
            Dispatch job
          </Link>
        }
      />
      <BelowAttention skeleton={kpiSkeleton}>
        <QueryPanel query={query} skeleton={kpiSkeleton}>
          {(overview) => (
            <div data-tour="overview" className={kpiGrid}>
              <Kpis overview={overview} />
            </div>
          )}
        </QueryPanel>
        <div className="mt-4 grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
          <div className="grid min-w-0 grid-cols-1 gap-4">
            <BelowUnresolved skeleton={listSkeleton}>
              <RunningJobs />
              <ModelHealth />
              {query.data !== undefined && (
                <Card>
                  <Suspense fallback={chartSkeleton}>
                    <EndedJobs days={query.data.days} />
                  </Suspense>
                </Card>
              )}
            </BelowUnresolved>
          </div>
          <Activity />
        </div>
      </BelowAttention>
    </>
  );
}
