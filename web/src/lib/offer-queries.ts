import {
  firstLaunchViewSchema,
  offersViewSchema,
  offerTypesViewSchema,
  type JobFile,
  type OfferTypeSort,
} from '@artenic/core';
import { queryOptions } from '@tanstack/react-query';
import { callApi } from './api.ts';
import { keys } from './queries.ts';

export type OffersFilter = {
  readonly provider?: string;
  /** Several names, separated by commas; as in the next two. */
  readonly providers?: string;
  readonly instanceTypes?: string;
  readonly regions?: string;
  readonly market?: 'spot' | 'on-demand';
  readonly gpu?: string;
  readonly gpus?: number;
  readonly vcpu?: number;
  readonly memoryGib?: number;
  readonly maxHourlyUsd?: number;
};

export const offersQuery = (filter: OffersFilter & { readonly limit: number }) =>
  queryOptions({
    queryKey: [...keys.offers, filter],
    queryFn: ({ signal }) => callApi('/api/v1/offers', offersViewSchema, { signal, query: filter }),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });

export const offerTypesQuery = (
  filter: OffersFilter & { readonly limit: number; readonly search?: string; readonly sort?: OfferTypeSort },
) =>
  queryOptions({
    queryKey: [...keys.offers, 'types', filter],
    queryFn: ({ signal }) => callApi('/api/v1/offers/types', offerTypesViewSchema, { signal, query: filter }),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });

/** Where a job with this placement would run first. */
export const firstLaunchQuery = ({
  resources,
  placement,
  priority,
}: Pick<JobFile, 'resources' | 'placement' | 'priority'>) =>
  queryOptions({
    queryKey: [...keys.offers, 'first', resources, placement, priority],
    queryFn: ({ signal }) =>
      callApi('/api/v1/offers/first-launch', firstLaunchViewSchema, {
        ...{ signal, method: 'POST' },
        json: { resources, placement, priority },
      }),
    staleTime: 15_000,
    retry: false,
  });
