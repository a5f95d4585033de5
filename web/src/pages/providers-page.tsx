import type { ProviderView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Badge } from '../components/badge.tsx';
import { Card } from '../components/card.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { QueryPanel } from '../components/query-panel.tsx';
import { RelativeTime } from '../components/relative-time.tsx';
import { SkeletonRows } from '../components/skeleton.tsx';
import { EmptyState } from '../components/states.tsx';
import { OffersCard } from '../features/offers/offers-card.tsx';
import { BelowUnresolved } from '../features/providers/unresolved-instances.tsx';
import { providersQuery } from '../lib/queries.ts';

const round = (value: number): number => Math.round(value * 10) / 10;

function Gauge(props: {
  readonly label: string;
  readonly used: number;
  readonly total: number;
  readonly unit: string;
}): ReactElement {
  const { label, used, total, unit } = props;
  const share = total === 0 ? 0 : Math.min(1, used / total);
  const tone = share > 0.9 ? 'bg-warn' : 'bg-accent';
  return (
    <div>
      <div className="mb-1.5 flex items-baseline justify-between text-xs">
        <span className="text-muted">{label}</span>
        <span className="tabular-nums">
          <span className="font-semibold">{round(used)}</span>
          <span className="text-muted">
            {' '}
            of {round(total)} {unit}
          </span>
        </span>
      </div>
      <div
        role="meter"
        aria-label={`${label} in use`}
        aria-valuemin={0}
        aria-valuemax={round(total)}
        aria-valuenow={round(used)}
        className="h-1.5 overflow-hidden rounded-full bg-raised"
      >
        <div className={`h-full rounded-full ${tone}`} style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}

const capabilityWords = {
  spot: 'Spot instances',
  preemptionNotice: 'Notice before preemption',
  idempotencyToken: 'Idempotent launch',
  regions: 'Several regions',
} as const;

function Capability({ label, isThere }: { readonly label: string; readonly isThere: boolean }): ReactElement {
  return (
    <li className={`flex items-center gap-1.5 text-xs ${isThere ? '' : 'text-muted'}`}>
      <Icon name={isThere ? 'check' : 'cross'} className={`size-3 ${isThere ? 'text-ok' : ''}`} />
      {label}
      {!isThere && <span className="sr-only">: no</span>}
    </li>
  );
}

function ProviderCard({ provider }: { readonly provider: ProviderView }): ReactElement {
  const { name, usable, message, capabilities, capacity, inUse, checkedAt } = provider;
  return (
    <li className="rounded-lg border border-line bg-surface shadow-card">
      <div data-tour="providers" className="flex items-center gap-3 border-b border-line px-4 py-3">
        <span className="flex size-8 items-center justify-center rounded-md bg-raised text-muted">
          <Icon name="providers" />
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold">{name}</h2>
          <p className="text-xs text-muted">
            checked <RelativeTime at={checkedAt} />
          </p>
        </div>
        {usable ? (
          <Badge tone="ok" icon="check">
            Healthy
          </Badge>
        ) : (
          <Badge tone="bad" icon="cross">
            Unavailable
          </Badge>
        )}
      </div>
      <div className="grid gap-4 p-4">
        {message !== '' && <p className={`text-sm ${usable ? 'text-muted' : 'text-bad'}`}>{message}</p>}
        {capacity !== null && (
          <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
            <Gauge label="Cores" used={inUse?.vcpu ?? 0} total={capacity.vcpu} unit="cores" />
            <Gauge label="Memory" used={inUse?.memoryGib ?? 0} total={capacity.memoryGib} unit="GiB" />
            {capacity.gpus > 0 && (
              <Gauge label={capacity.gpuType ?? 'GPUs'} used={inUse?.gpus ?? 0} total={capacity.gpus} unit="GPUs" />
            )}
          </div>
        )}
        <ul className="grid grid-cols-2 gap-x-4 gap-y-1.5">
          {(Object.keys(capabilityWords) as (keyof typeof capabilityWords)[]).map((key) => (
            <Capability key={key} label={capabilityWords[key]} isThere={capabilities[key]} />
          ))}
        </ul>
      </div>
    </li>
  );
}

function Providers({ providers }: { readonly providers: readonly ProviderView[] }): ReactElement {
  if (providers.length === 0)
    return (
      <Card>
        <EmptyState icon="providers" title="No providers yet" command="npx artenic health">
          The worker reports each provider some seconds after it has started. Check that a worker is running.
        </EmptyState>
      </Card>
    );
  return (
    <>
      <ul className="grid gap-4 lg:grid-cols-2">
        {providers.map((provider) => (
          <ProviderCard key={provider.name} provider={provider} />
        ))}
      </ul>
      <OffersCard className="mt-4" />
    </>
  );
}

export function ProvidersPage(): ReactElement {
  const query = useQuery(providersQuery);
  const skeleton = (
    <Card isFlush>
      <SkeletonRows rows={3} />
    </Card>
  );
  return (
    <>
      <PageHeader title="Providers" description="Compute providers and current usage." />
      <BelowUnresolved skeleton={skeleton} className="mb-4">
        <QueryPanel query={query} skeleton={skeleton}>
          {(providers) => <Providers providers={providers} />}
        </QueryPanel>
      </BelowUnresolved>
    </>
  );
}
