import {
  datasetDiffItemSchema,
  datasetEntrySchema,
  datasetTagMoveSchema,
  datasetTagViewSchema,
  datasetVersionViewSchema,
  datasetViewSchema,
  pageSchema,
  type DatasetView,
} from '@artenic/core';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import { callApi } from './api.ts';
import { keys } from './queries.ts';

export const datasetAddress = (name: string, rest = ''): string =>
  `/api/v1/datasets/${encodeURIComponent(name)}${rest}`;

/** Address of a file's content. */
export function fileAddress(name: string, path: string, version: number | string): string {
  const file = path.split('/').map(encodeURIComponent).join('/');
  return `${datasetAddress(name, `/files/${file}`)}?version=${encodeURIComponent(version)}`;
}

const pageLimit = 100;

/** A list of the API, as many pages as the user has loaded. */
function pagesOf<T extends z.ZodType>(
  queryKey: readonly unknown[],
  path: string,
  item: T,
  query: Readonly<Record<string, string | number | undefined>> = {},
) {
  const page = pageSchema(item);
  return infiniteQueryOptions({
    queryKey: [...queryKey, query],
    queryFn: ({ signal, pageParam }) =>
      callApi(path, page, { signal, query: { limit: pageLimit, ...query, cursor: pageParam ?? undefined } }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }: z.output<typeof page>) => nextCursor,
    placeholderData: keepPreviousData,
  });
}

export type DatasetsFilter = {
  readonly status: DatasetView['status'] | undefined;
  readonly text: string | undefined;
};

export const datasetsQuery = ({ status, text }: DatasetsFilter) =>
  pagesOf(keys.datasets, '/api/v1/datasets', datasetViewSchema, { limit: 50, status, text });

export const datasetQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'self'],
    queryFn: ({ signal }) => callApi(datasetAddress(name), datasetViewSchema, { signal }),
  });

export const datasetVersionsQuery = (name: string) =>
  pagesOf([...keys.dataset(name), 'versions'], datasetAddress(name, '/versions'), datasetVersionViewSchema);

export type FilesQuery = {
  readonly version: string;
  readonly folder: string;
  /** Instead of the folder's entries: all files whose paths begin with this. */
  readonly prefix: string;
};

export const datasetFilesQuery = (name: string, { version, folder, prefix }: FilesQuery) =>
  pagesOf(
    [...keys.dataset(name), 'files'],
    datasetAddress(name, '/files'),
    datasetEntrySchema,
    prefix === '' ? { version, folder: folder === '' ? undefined : folder } : { version, prefix, recursive: 'true' },
  );

export const datasetDiffQuery = (name: string, version: number, from: number | undefined) =>
  pagesOf(
    [...keys.dataset(name), 'diff', version],
    datasetAddress(name, `/versions/${version}/diff`),
    datasetDiffItemSchema,
    { from },
  );

export const datasetTagsQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'tags'],
    queryFn: ({ signal }) =>
      callApi(datasetAddress(name, '/tags'), z.object({ items: z.array(datasetTagViewSchema) }), { signal }),
    select: ({ items }) => items,
  });

export const tagHistoryQuery = (name: string) =>
  pagesOf([...keys.dataset(name), 'tag-history'], datasetAddress(name, '/tag-history'), datasetTagMoveSchema, {
    limit: 20,
  });
