import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { offersQuery } from '../../lib/offer-queries.ts';
import { providersQuery } from '../../lib/queries.ts';
import type { KnownNames } from './completion.ts';

const unique = (names: readonly (string | null)[]): readonly string[] => [
  ...new Set(names.flatMap((name) => name ?? [])),
];

/** Names of the platform for the completion of the job file. */
export function useKnownNames(): KnownNames {
  const { data: providers } = useQuery(providersQuery);
  const { data: offers } = useQuery(offersQuery({ limit: 500 }));
  return useMemo(() => {
    const items = offers?.items ?? [];
    return new Map([
      ['placement/providers/[]', (providers ?? []).map(({ name }) => name)],
      ['placement/regions/[]', unique(items.map(({ region }) => region))],
      ['placement/instanceTypes/[]', unique(items.map(({ instanceType }) => instanceType))],
      ['resources/accelerators/type', unique(items.map(({ gpuType }) => gpuType))],
    ]);
  }, [providers, offers]);
}
