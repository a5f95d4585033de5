import { pageSchema } from '@artenic/core';
import { z } from 'zod';
import { endOf } from '../../../app/lineage/places.ts';
import { lineagePlace, partsOfVersion } from '../../../core/lineage/relations.ts';
import type { LineageEdgeRecord } from '../../../store/types.ts';
import { ok, route, type Context, type Route } from '../../http/route.ts';
import { edgeView } from '../../lineage/views.ts';
import { entityTypeSchema, linkOfWord } from '../../older/entities.ts';
import { datasetParam, given, longPageQuery, named, placeRef } from '../../schemas.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { declare } from './lineage.ts';

/** The other end of an edge at a dataset or one of its versions, under the names that earlier clients read. */
function datasetEdge(datasetId: string, edge: LineageEdgeRecord) {
  const isOfDataset = ({ kind, id }: LineageEdgeRecord['source']): boolean =>
    (kind === 'dataset' && id === datasetId) ||
    (kind === 'dataset-version' && partsOfVersion(id)?.parent === datasetId);
  const isSource = isOfDataset(edge.source) && edge.relation !== 'version';
  const other = isOfDataset(edge.source) ? edge.target : edge.source;
  return {
    ...{ ...edgeView(edge), entity_type: other.kind, entity_id: other.id },
    role: edge.relation === 'version' ? 'version' : isSource ? 'input' : 'output',
  };
}

const lineageBody = z.strictObject({
  entity_type: entityTypeSchema.optional(),
  entity_id: placeRef,
  role: z
    .enum(['input', 'source', 'consumer', 'output', 'producer'])
    .default('input')
    .meta({ description: '`input`: the dataset went into the entity. `output`: the entity has made the dataset.' }),
});
const isMadeBy = (role: z.output<typeof lineageBody>['role']): boolean => role === 'output' || role === 'producer';

async function linkOf(context: Context<{ readonly dataset: string }, unknown, z.output<typeof lineageBody>>) {
  const { deps, body, principal } = context;
  const own = lineagePlace.dataset((await datasetOf(context)).id);
  const ref = { id: body.entity_id, kind: body.entity_type };
  const other = await endOf(deps.store, principal().projectId, ref);
  return isMadeBy(body.role) ? linkOfWord('derived', other, own) : linkOfWord('derived', own, other);
}

export function datasetLineageRoutes(): readonly Route[] {
  const path = '/api/v1/datasets/{dataset}/lineage';
  return [
    route({
      method: 'get',
      path,
      permission: 'read',
      tag: 'lineage',
      summary: 'Edges at a dataset, newest first: its versions, and what was declared of the whole (older path)',
      deprecated: true,
      params: datasetParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.datasetEdge) } },
      handle: async (context) => {
        const { id, projectId } = await datasetOf(context);
        const query = { projectId, node: lineagePlace.dataset(id), way: 'both', ...given(context.query) } as const;
        const { items, nextCursor } = await context.deps.store.lineage.page(query);
        return ok({ items: items.map((edge) => datasetEdge(id, edge)), nextCursor });
      },
    }),
    route({
      method: 'post',
      path,
      permission: 'write',
      tag: 'lineage',
      idempotent: true,
      summary: 'Declare what came from a dataset, or what it came from (older path)',
      deprecated: true,
      params: datasetParam,
      body: lineageBody,
      answers: { 201: { description: 'The edge', schema: named.lineageEdge } },
      handle: async (context) => declare(context, await linkOf(context)),
    }),
  ];
}
