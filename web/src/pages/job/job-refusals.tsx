import type { JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { refusalsQuery } from '../../lib/queries.ts';

/** Refused offers and the reasons, newest first. Renders nothing for a job without refusals. */
export function JobRefusals({ job }: { readonly job: JobView }): ReactElement | null {
  const { data: refusals = [] } = useQuery(refusalsQuery(job.id));
  if (refusals.length === 0) return null;
  const newestFirst = refusals.toSorted((one, other) => (one.lastAt < other.lastAt ? 1 : -1));
  return (
    <Card title="Refused launches" note={refusals.length === 1 ? '1 offer' : `${refusals.length} offers`}>
      <ol className="grid gap-3">
        {newestFirst.map(({ provider, region, zone, instanceType, spot, kind, message, total, lastAt }) => (
          <li key={[provider, region, zone, instanceType, spot].join(' ')} className="min-w-0 text-sm">
            <p className="font-medium">
              {provider} {zone ?? region} {instanceType} {spot ? 'spot' : 'on demand'}{' '}
              <span className="text-xs font-normal text-muted">
                {kind}, {total} {total === 1 ? 'time' : 'times'}, <RelativeTime at={lastAt} />
              </span>
            </p>
            <p className="text-xs break-words text-muted">{message}</p>
          </li>
        ))}
      </ol>
    </Card>
  );
}
