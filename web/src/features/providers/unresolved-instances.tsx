import type { UnresolvedInstance } from '@artenic/core';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Loading } from '../../components/skeleton.tsx';
import { formatCount, formatUsd, shortId } from '../../lib/format.ts';
import { unresolvedQuery } from '../../lib/queries.ts';
import { strayWords } from '../../lib/status.ts';

const columns: readonly Column<UnresolvedInstance>[] = [
  {
    id: 'instance',
    head: 'Instance',
    cell: ({ instanceId, provider, region, reason }) => (
      <span className="block max-w-40 min-w-0">
        <span className="flex items-center gap-1">
          <span className="truncate font-mono text-xs">{instanceId}</span>
          <CopyText text={instanceId} label={`Copy ${instanceId}`} />
        </span>
        <span className="block truncate text-xs text-muted">
          {provider} · {region}
        </span>
        <span className="block text-xs sm:hidden">{strayWords[reason]}</span>
      </span>
    ),
  },
  {
    id: 'why',
    head: 'Why',
    hide: 'sm',
    cell: ({ reason, isInGrace, lastError, tries }) => (
      <span className="block max-w-40 min-w-0">
        <span className="flex flex-wrap items-center gap-2">
          {strayWords[reason]}
          {isInGrace && (
            <Badge tone="info" icon="hourglass">
              Left alone for now
            </Badge>
          )}
        </span>
        {lastError !== null && (
          <span className="block truncate text-xs text-bad" title={lastError}>
            {tries} {tries === 1 ? 'try' : 'tries'} · {lastError}
          </span>
        )}
      </span>
    ),
  },
  {
    id: 'job',
    head: 'Job',
    hide: 'lg',
    cell: ({ jobId, reason }) =>
      jobId === null || reason === 'unknown-attempt' ? (
        <span className="text-muted">unknown</span>
      ) : (
        <Link to="/jobs/$jobId" params={{ jobId }} className="font-mono text-xs hover:underline">
          {shortId(jobId)}
        </Link>
      ),
  },
  { id: 'since', head: 'Since', hide: 'sm', cell: ({ since }) => <RelativeTime at={since} /> },
  {
    id: 'cost',
    head: 'Cost',
    align: 'right',
    cell: ({ costUsdMicros }) =>
      costUsdMicros === null ? <span className="text-muted">unknown</span> : formatUsd(costUsdMicros),
  },
];

type Alerts = { readonly alerts: UseQueryResult<UnresolvedInstance[]>; readonly className: string };

/** Renders nothing when there are no unresolved instances: an empty table of leaks would only confuse. */
function UnresolvedInstances({ alerts, className }: Alerts): ReactElement | null {
  const { data } = alerts;
  if (data === undefined) {
    return (
      <Card title="Unresolved instances" className={className}>
        <QueryPanel query={alerts}>{() => null}</QueryPanel>
      </Card>
    );
  }
  if (data.length === 0) return null;
  const cost = data.reduce((sum, { costUsdMicros }) => sum + (costUsdMicros ?? 0), 0);
  return (
    <Card
      title="Unresolved instances"
      note={`${formatCount(data.length)} billed, not wanted · ${formatUsd(cost)} so far`}
      isFlush
      className={className}
    >
      <DataTable
        caption="Instances that exist at their provider and should not"
        columns={columns}
        rows={data}
        rowKey={({ provider, instanceId }) => `${provider}/${instanceId}`}
      />
    </Card>
  );
}

/** Unresolved instances above `children`. The children wait for the first answer, so that they are not pushed down. */
export function BelowUnresolved(props: {
  readonly skeleton: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}): ReactElement {
  const { skeleton, className = '', children } = props;
  const alerts = useQuery(unresolvedQuery);
  if (!alerts.isFetched) return <Loading>{skeleton}</Loading>;
  return (
    <>
      <UnresolvedInstances alerts={alerts} className={className} />
      {children}
    </>
  );
}
