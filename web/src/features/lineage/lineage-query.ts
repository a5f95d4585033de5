import { lineageGraphSchema, type LineageKind } from '@artenic/core';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { callApi } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';

export type LineagePlace = { readonly kind: LineageKind; readonly id: string };

/** Levels in each direction: from a file's dataset to the model in production are five. */
const depth = 6;

export const lineageQuery = ({ kind, id }: LineagePlace) =>
  queryOptions({
    queryKey: [...keys.lineage, kind, id],
    queryFn: ({ signal }) =>
      callApi(`/api/v1/lineage/${kind}/${encodeURIComponent(id)}/graph`, lineageGraphSchema, {
        signal,
        query: { depth, limit: 200 },
      }),
    placeholderData: keepPreviousData,
  });
