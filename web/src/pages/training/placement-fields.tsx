import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Input, Select } from '../../components/field.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { OffersTable } from '../../features/offers/offers-table.tsx';
import { offersQuery, providersQuery, type OffersFilter } from '../../lib/queries.ts';
import { fieldText, withField, type Draft } from './spec-draft.ts';

const markets = { 'on-demand': 'On demand', spot: 'Spot', 'spot-with-fallback': 'Spot, else on demand' } as const;
const local = 'local';

type Props = {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly errorAt: (pointer: string) => string | undefined;
};

/** Offer filter from the draft, as far as the draft is filled in. */
function filterOf(draft: Draft): OffersFilter {
  const numberAt = (...path: readonly string[]): number | undefined => {
    const value = Number(fieldText(draft, path));
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  const mode = fieldText(draft, ['placement', 'mode']) || 'on-demand';
  const [vcpu, memoryGib] = [numberAt('resources', 'vcpu'), numberAt('resources', 'memoryGib')];
  const gpus = numberAt('resources', 'accelerators', 'count');
  const gpu = fieldText(draft, ['resources', 'accelerators', 'type']);
  const maxHourlyUsd = numberAt('placement', 'maxHourlyUsd');
  const regions = fieldText(draft, ['placement', 'regions']).split(' ').filter(Boolean).join(',');
  return {
    limit: 5,
    provider: fieldText(draft, ['placement', 'providers']).split(' ')[0] ?? local,
    ...(mode === 'spot' || mode === 'on-demand' ? { market: mode } : {}),
    ...(regions === '' ? {} : { regions }),
    ...(gpu === '' ? {} : { gpu }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(vcpu === undefined ? {} : { vcpu }),
    ...(memoryGib === undefined ? {} : { memoryGib }),
    ...(maxHourlyUsd === undefined ? {} : { maxHourlyUsd }),
  };
}

function Matches({ draft }: { readonly draft: Draft }): ReactElement {
  const query = useQuery(offersQuery(filterOf(draft)));
  return (
    <section aria-label="Offers that fit" className="overflow-hidden rounded-md border border-line">
      <QueryPanel query={query} skeleton={<SkeletonRows rows={3} />}>
        {(offers) => <OffersTable offers={offers} />}
      </QueryPanel>
    </section>
  );
}

/** Placement of the job, and the offers currently available for it. */
export function PlacementFields({ draft, onChange, errorAt }: Props): ReactElement {
  const { data: providers = [] } = useQuery(providersQuery);
  const provider = fieldText(draft, ['placement', 'providers']) || local;
  const put = (name: string, value: unknown): void => onChange(withField(draft, ['placement', name], value));
  return (
    <>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Select
          label="Provider"
          value={provider}
          error={errorAt('/placement/providers')}
          onChange={(event) => put('providers', [event.target.value])}
        >
          {(providers.length === 0 ? [{ name: local, usable: true }] : providers).map(({ name, usable }) => (
            <option key={name} value={name} disabled={!usable}>
              {name}
            </option>
          ))}
        </Select>
        {provider !== local && (
          <>
            <Select
              label="Market"
              value={fieldText(draft, ['placement', 'mode']) || 'on-demand'}
              error={errorAt('/placement/mode')}
              onChange={(event) => put('mode', event.target.value)}
            >
              {Object.entries(markets).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
            <Input
              label="Regions"
              placeholder="any"
              autoComplete="off"
              value={fieldText(draft, ['placement', 'regions'])}
              error={errorAt('/placement/regions')}
              onChange={(event) => {
                const names = event.target.value.split(/[\s,]+/);
                // The last item is kept while the user types it, so that a blank can be typed.
                put(
                  'regions',
                  names.every((name) => name === '')
                    ? undefined
                    : names.filter((name, index) => name !== '' || index === names.length - 1),
                );
              }}
            />
            <Input
              label="Most USD an hour"
              type="number"
              min={0}
              step="any"
              placeholder="any"
              value={fieldText(draft, ['placement', 'maxHourlyUsd'])}
              error={errorAt('/placement/maxHourlyUsd')}
              onChange={(event) =>
                put('maxHourlyUsd', event.target.value === '' ? undefined : Number(event.target.value))
              }
            />
          </>
        )}
      </div>
      {provider !== local && <Matches draft={draft} />}
    </>
  );
}
