import { formatMoney, type OfferTypesView, type OfferTypeView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState, type ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { offersQuery, type OffersFilter } from '../../lib/offer-queries.ts';
import { providersQuery } from '../../lib/queries.ts';

const priceText = (micros: number): string => (micros === 0 ? 'free' : formatMoney(micros));

/** For example "spot from $0.0265 · on demand from $0.0782 · 8 zones". */
function pricesText(type: OfferTypeView): string {
  const { spotFromUsdMicrosPerHour: spot, onDemandFromUsdMicrosPerHour: onDemand, places } = type;
  return [
    ...(spot === null ? [] : [`spot from ${priceText(spot)}`]),
    ...(onDemand === null ? [] : [`on demand from ${priceText(onDemand)}`]),
    ...(places > 1 ? [`${places} zones`] : []),
  ].join(' · ');
}

function machineText({ vcpu, memoryGib, gpus, gpuType }: OfferTypeView): string {
  const gpu = gpus === 0 ? '' : ` · ${gpus} × ${gpuType ?? 'GPU'}`;
  return `${vcpu} cores · ${Math.round(memoryGib)} GiB${gpu}`;
}

/** Every place and market of one type. */
function Places({ type, filter }: { readonly type: OfferTypeView; readonly filter: OffersFilter }): ReactElement {
  const { provider, instanceType } = type;
  const { data } = useQuery(offersQuery({ ...filter, provider, instanceTypes: instanceType, limit: 100 }));
  if (data === undefined) return <SkeletonRows rows={2} />;
  return (
    <ul
      aria-label={`Offers of ${instanceType}`}
      className="grid gap-x-6 gap-y-1 px-4 py-2 sm:grid-cols-2 lg:grid-cols-3"
    >
      {data.items.map(({ region, zone, spot, priceUsdMicrosPerHour }) => (
        <li key={`${region} ${zone} ${spot}`} className="flex items-baseline gap-2 text-xs">
          <span className="min-w-0 flex-1 truncate">{zone ?? region}</span>
          <span className="text-muted">{spot ? 'Spot' : 'On demand'}</span>
          <span className="tabular-nums">{priceText(priceUsdMicrosPerHour)}</span>
        </li>
      ))}
      {data.items.length < data.total && (
        <li className="text-xs text-muted">and {data.total - data.items.length} more, at higher prices</li>
      )}
    </ul>
  );
}

function Row(props: {
  readonly type: OfferTypeView;
  readonly filter: OffersFilter;
  /** Why nothing of this provider can be launched; null when it can. */
  readonly unusable: string | null;
}): ReactElement {
  const { type, filter, unusable } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <li className="border-b border-line last:border-b-0">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex w-full flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2 text-left hover:bg-raised/60 focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent"
      >
        <span className="min-w-40 flex-1">
          <span className="flex items-center gap-1.5 text-sm font-medium">
            <Icon name={isOpen ? 'chevronDown' : 'chevron'} className="size-3 text-muted" />
            {type.instanceType}
            {unusable !== null && <Badge tone="warn">Unavailable</Badge>}
          </span>
          <span className="block pl-4.5 text-xs text-muted">
            {type.provider} · {machineText(type)}
          </span>
        </span>
        <span className="pl-4.5 text-xs tabular-nums sm:pl-0">{pricesText(type)}</span>
      </button>
      {isOpen && (
        <div className="border-t border-line bg-canvas">
          {unusable !== null && <p className="px-4 pt-2 text-xs text-warn">{unusable}</p>}
          <Places type={type} filter={filter} />
        </div>
      )}
    </li>
  );
}

export type OfferTypesTableProps = {
  readonly offers: OfferTypesView;
  /** The filter of the list, for the offers of each type. */
  readonly filter: OffersFilter;
  readonly onMore: () => void;
};

/** Machine types that could be launched: a row for each, which opens to its zones. */
export function OfferTypesTable({ offers, filter, onMore }: OfferTypesTableProps): ReactElement {
  const { items, total, catalogs } = offers;
  const { data: providers = [] } = useQuery(providersQuery);
  const unusableOf = (name: string): string | null => {
    const provider = providers.find((one) => one.name === name);
    return provider === undefined || provider.usable ? null : `${name} cannot be used: ${provider.message}`;
  };
  return (
    <>
      {items.length === 0 ? (
        <EmptyState icon="server" title={catalogs.length === 0 ? 'No offers are known yet' : 'No matching offers'}>
          {catalogs.length === 0
            ? 'The worker asks each provider when it starts, and once an hour.'
            : 'Ask for less, allow more regions or markets, or raise the price cap.'}
        </EmptyState>
      ) : (
        <ul aria-label="Offers by machine type">
          {items.map((type) => (
            <Fragment key={`${type.provider} ${type.instanceType} ${type.gpuType}`}>
              <Row type={type} filter={filter} unusable={unusableOf(type.provider)} />
            </Fragment>
          ))}
        </ul>
      )}
      {items.length < total && (
        <div className="flex justify-center border-t border-line p-2">
          <Button size="sm" onClick={onMore}>
            Show {Math.min(total - items.length, 50)} more
          </Button>
        </div>
      )}
      {catalogs
        .filter(({ problem }) => problem !== null)
        .map(({ provider, problem, refreshedAt }) => (
          <p key={provider} className="border-t border-line px-4 py-2 text-xs text-warn">
            {provider} refuses: {problem}{' '}
            {refreshedAt !== null && (
              <>
                These offers are from <RelativeTime at={refreshedAt} />.
              </>
            )}
          </p>
        ))}
    </>
  );
}
