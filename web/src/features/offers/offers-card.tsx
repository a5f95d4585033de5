import { offerTypeSorts, type OfferTypeSort } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { offerTypesQuery } from '../../lib/offer-queries.ts';
import { OfferTypesTable } from './offer-types-table.tsx';

type Market = 'any' | 'spot' | 'on-demand';

const sortWords: Readonly<Record<OfferTypeSort, string>> = {
  price: 'Price',
  name: 'Name',
  cores: 'Cores',
  memory: 'Memory',
  gpus: 'GPUs',
};
const step = 50;

/** Card with the machine types of all providers. */
export function OffersCard({ className = '' }: { readonly className?: string }): ReactElement {
  const [market, setMarket] = useState<Market>('any');
  const [isGpu, setGpu] = useState(false);
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<OfferTypeSort>('price');
  const [limit, setLimit] = useState(step);
  const filter = { ...(market === 'any' ? {} : { market }), ...(isGpu ? { gpus: 1 } : {}) };
  const query = useQuery(offerTypesQuery({ ...filter, sort, limit, ...(search === '' ? {} : { search }) }));
  return (
    <Card
      title="Offers"
      note={query.data === undefined ? '' : `${query.data.total} machine types`}
      isFlush
      className={className}
      actions={
        <Segmented
          label="Market"
          value={market}
          options={[
            { value: 'any', label: 'Any' },
            { value: 'spot', label: 'Spot' },
            { value: 'on-demand', label: 'On demand' },
          ]}
          onChange={setMarket}
        />
      }
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2">
        <div className="min-w-40 flex-1">
          <SearchField label="Search offers" value={search} onChange={setSearch} />
        </div>
        <label className="inline-flex min-h-6 items-center gap-1.5 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={isGpu}
            onChange={(event) => setGpu(event.target.checked)}
          />
          With GPU
        </label>
        <label className="inline-flex items-center gap-2 text-xs text-muted">
          Sort by
          <select
            value={sort}
            onChange={(event) => setSort(offerTypeSorts.find((one) => one === event.target.value) ?? 'price')}
            className="h-7 rounded-md border border-line bg-surface px-2 text-ink"
          >
            {offerTypeSorts.map((one) => (
              <option key={one} value={one}>
                {sortWords[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <QueryPanel query={query} skeleton={<SkeletonRows rows={4} />}>
        {(offers) => <OfferTypesTable offers={offers} filter={filter} onMore={() => setLimit(limit + step)} />}
      </QueryPanel>
    </Card>
  );
}
