import { formatMoney, type OffersView, type OfferView } from '@artenic/core';
import type { ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';

const columns: readonly Column<OfferView>[] = [
  {
    id: 'type',
    head: 'Type',
    cell: ({ instanceType, provider, region, zone }) => (
      <span className="block min-w-0">
        <span className="block truncate font-medium">{instanceType}</span>
        <span className="block truncate text-xs text-muted">
          {provider} · {zone ?? region}
        </span>
      </span>
    ),
  },
  {
    id: 'market',
    head: 'Market',
    cell: ({ spot }) =>
      spot ? (
        <Badge tone="info" icon="bolt">
          Spot
        </Badge>
      ) : (
        <span className="whitespace-nowrap text-muted">On demand</span>
      ),
  },
  {
    id: 'machine',
    head: 'Machine',
    hide: 'sm',
    cell: ({ vcpu, memoryGib, gpus, gpuType }) => (
      <span className="text-xs whitespace-nowrap tabular-nums">
        {vcpu} cores · {Math.round(memoryGib)} GiB{gpus === 0 ? '' : ` · ${gpus} × ${gpuType ?? 'GPU'}`}
      </span>
    ),
  },
  {
    id: 'age',
    head: 'Price updated',
    hide: 'sm',
    cell: ({ pricedAt }) =>
      pricedAt === null ? <span className="text-muted">–</span> : <RelativeTime at={pricedAt} />,
  },
  {
    id: 'price',
    head: 'Per hour',
    align: 'right',
    cell: ({ priceUsdMicrosPerHour }) =>
      priceUsdMicrosPerHour === 0 ? <span className="text-muted">free</span> : formatMoney(priceUsdMicrosPerHour),
  },
];

/** Offers that could be launched, cheapest first, with each provider's last answer. */
export function OffersTable({ offers }: { readonly offers: OffersView }): ReactElement {
  const { items, total, catalogs } = offers;
  const problems = catalogs.filter(({ problem }) => problem !== null);
  return (
    <>
      {items.length === 0 ? (
        <EmptyState
          icon="server"
          title={catalogs.length === 0 ? 'No provider has been asked yet' : 'No matching offers'}
        >
          {catalogs.length === 0
            ? 'The worker asks each provider when it starts, and once an hour.'
            : 'Ask for less, allow more regions or markets, or raise the price cap.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Offers, cheapest first"
          columns={columns}
          rows={items}
          rowKey={({ provider, region, zone, instanceType, spot }) =>
            [provider, region, zone, instanceType, spot].join('/')
          }
          footer={
            items.length < total && (
              <p className="border-t border-line px-4 py-2 text-xs text-muted">
                {total - items.length} more, dearer ones
              </p>
            )
          }
        />
      )}
      {problems.map(({ provider, problem, refreshedAt }) => (
        <p key={provider} className="border-t border-line px-4 py-2 text-xs text-warn">
          {provider} refuses: {problem}{' '}
          {refreshedAt !== null && (
            <>
              Shown is what it said <RelativeTime at={refreshedAt} />.
            </>
          )}
        </p>
      ))}
    </>
  );
}
