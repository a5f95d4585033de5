import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { offersQuery } from '../../lib/queries.ts';
import { OffersTable } from './offers-table.tsx';

type Market = 'any' | 'spot' | 'on-demand';

/** Card with the offers of all providers. */
export function OffersCard({ className = '' }: { readonly className?: string }): ReactElement {
  const [market, setMarket] = useState<Market>('any');
  const query = useQuery(offersQuery({ limit: 25, ...(market === 'any' ? {} : { market }) }));
  return (
    <Card
      title="Offers"
      note={query.data === undefined ? '' : `${query.data.total}, cheapest first`}
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
      <QueryPanel query={query} skeleton={<SkeletonRows rows={4} />}>
        {(offers) => <OffersTable offers={offers} />}
      </QueryPanel>
    </Card>
  );
}
