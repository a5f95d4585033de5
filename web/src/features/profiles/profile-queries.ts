import { datasetStatsSchema, fileProfileSchema, previewSchema } from '@artenic/core';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { callApi } from '../../lib/api.ts';
import { datasetAddress } from '../../lib/dataset-queries.ts';
import { keys } from '../../lib/queries.ts';

/** Profiles are made within seconds of a commit, and no event announces them. */
const waitingMs = 2000;
export const previewRows = 50;

export const fileStatsQuery = (name: string, version: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.dataset(name), 'stats', version],
    queryFn: ({ signal, pageParam }) =>
      callApi(datasetAddress(name, '/stats'), datasetStatsSchema, {
        signal,
        query: { version, limit: 100, cursor: pageParam ?? undefined },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) => (state.data?.pages[0]?.profiles.state === 'waiting' ? waitingMs : false),
  });

export const fileProfileQuery = (name: string, version: string, path: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'profile', version, path],
    queryFn: ({ signal }) =>
      callApi(datasetAddress(name, '/profile'), fileProfileSchema, { signal, query: { version, path } }),
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? waitingMs : false),
  });

export type PreviewQuery = {
  readonly version: string;
  readonly path: string;
  readonly offset: number;
  readonly sort: string | undefined;
  readonly filter: string | undefined;
  readonly search: string | undefined;
};

/** Rows of the page before stay until the next ones are read. */
export const previewQuery = (name: string, query: PreviewQuery) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'preview', query],
    queryFn: ({ signal }) =>
      callApi(datasetAddress(name, '/preview'), previewSchema, { signal, query: { ...query, limit: previewRows } }),
    placeholderData: keepPreviousData,
  });
