import { formatMoney, jobFileSchema, type JobFile } from '@artenic/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Skeleton, SkeletonRows } from '../../components/skeleton.tsx';
import type { Draft } from '../../features/dispatch/draft-text.ts';
import { OfferTypesTable } from '../../features/offers/offer-types-table.tsx';
import { firstLaunchQuery, offerTypesQuery, type OffersFilter } from '../../lib/offer-queries.ts';

/** The parts of the job that decide where it runs. */
export type Placed = Pick<JobFile, 'resources' | 'placement' | 'priority' | 'maxHours'>;

const placedSchema = jobFileSchema.pick({ resources: true, placement: true, priority: true, maxHours: true }).strip();

/** Null while these parts have faults; the rest of the draft does not matter. */
export function placedOf(draft: Draft | null): Placed | null {
  return placedSchema.safeParse(draft).data ?? null;
}

function filterOf({ resources, placement }: Placed): OffersFilter {
  const { vcpu, memoryGib, accelerators } = resources;
  const { providers, regions, instanceTypes, mode, maxHourlyUsd } = placement;
  return {
    providers: providers.join(','),
    vcpu,
    ...(memoryGib === undefined ? {} : { memoryGib }),
    ...(accelerators === undefined ? {} : { gpus: accelerators.count }),
    ...(accelerators?.type === undefined ? {} : { gpu: accelerators.type }),
    ...(mode === 'spot-with-fallback' ? {} : { market: mode }),
    ...(regions.length === 0 ? {} : { regions: regions.join(',') }),
    ...(instanceTypes === undefined ? {} : { instanceTypes: instanceTypes.join(',') }),
    ...(maxHourlyUsd === undefined ? {} : { maxHourlyUsd }),
  };
}

/** The cost of all hours at the present price. Spot prices change, and a failover may choose a dearer offer. */
function costText(micros: number, hours: number): string {
  return `≈ ${formatMoney(Math.round(micros * hours))} for ${hours} h (max hours)`;
}

function Launch({ placed }: { readonly placed: Placed }): ReactElement {
  const query = useQuery({ ...firstLaunchQuery(placed), placeholderData: keepPreviousData });
  return (
    <QueryPanel query={query} skeleton={<Skeleton className="h-10 w-full" />}>
      {({ offer, reason }) =>
        offer === null ? (
          <p className="text-sm text-warn">{reason}</p>
        ) : (
          <>
            <p className="text-sm font-medium">
              {offer.instanceType}
              {' · '}
              {offer.priceUsdMicrosPerHour === 0 ? 'free' : `${formatMoney(offer.priceUsdMicrosPerHour)}/h`}
              {offer.priceUsdMicrosPerHour > 0 && ` · ${costText(offer.priceUsdMicrosPerHour, placed.maxHours)}`}
            </p>
            <p className="text-xs text-muted">
              {offer.provider} · {offer.zone ?? offer.region} · {offer.spot ? 'spot' : 'on demand'}
            </p>
          </>
        )
      }
    </QueryPanel>
  );
}

const step = 50;

/** Where the job would run if it were dispatched now, at which price, and the machine types it may use. */
export function FirstLaunch({ placed }: { readonly placed: Placed | null }): ReactElement {
  const [limit, setLimit] = useState(5);
  if (placed === null)
    return (
      <Card title="First launch">
        <p className="text-sm text-muted">Correct the fields of the machine to see where the job would run.</p>
      </Card>
    );
  return (
    <Card title="First launch" note="by the offers of now" isFlush>
      <div className="px-4 py-3">
        <Launch placed={placed} />
      </div>
      <Matching filter={filterOf(placed)} limit={limit} onMore={() => setLimit(limit + step)} />
    </Card>
  );
}

function Matching(props: {
  readonly filter: OffersFilter;
  readonly limit: number;
  readonly onMore: () => void;
}): ReactElement {
  const { filter, limit, onMore } = props;
  const query = useQuery(offerTypesQuery({ ...filter, limit }));
  return (
    <section aria-label="Matching offers" className="border-t border-line">
      <QueryPanel query={query} skeleton={<SkeletonRows rows={3} />}>
        {(offers) => <OfferTypesTable offers={offers} filter={filter} onMore={onMore} />}
      </QueryPanel>
    </section>
  );
}
