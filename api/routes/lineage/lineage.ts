import {
  deepestLineage,
  lineageDirections,
  lineageKinds,
  mostLineageNodes,
  pageSchema,
  type LineageKind,
} from '@artenic/core';
import { z } from 'zod';
import { declareEdges, removeEdge } from '../../../app/lineage/declare.ts';
import { lineageGraph } from '../../../app/lineage/graph.ts';
import { endOf, onlyPlaceOf } from '../../../app/lineage/places.ts';
import type { LineageLink, LineagePlace } from '../../../core/lineage/relations.ts';
import type { LineageEdgeRecord } from '../../../store/types.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { edgeView, graphView } from '../../lineage/views.ts';
import { entityTypeSchema, linkOfWord, relationTypeSchema } from '../../older/entities.ts';
import { given, longPageQuery, named, pageLimit, placeRef } from '../../schemas.ts';

const nodeParam = z.strictObject({ node: placeRef });
const kindQuery = {
  kind: entityTypeSchema.optional().meta({ description: 'Needed when two kinds share the id.' }),
};
const graphQuery = {
  direction: z
    .enum(lineageDirections)
    .default('both')
    .meta({ description: '`up`: what it came from. `down`: what came from it.' }),
  depth: pageLimit(1, deepestLineage).default(4),
  limit: pageLimit(1, mostLineageNodes).default(200).meta({ description: 'Most nodes of the graph.' }),
};

type GraphQuery = {
  readonly direction: (typeof lineageDirections)[number];
  readonly depth: number;
  readonly limit: number;
};

async function graphAnswer(
  { deps, query, principal }: Context<unknown, GraphQuery, unknown>,
  start: LineagePlace,
): Promise<Reply> {
  const { direction, depth, limit: nodes } = query;
  const { projectId } = principal();
  return ok(graphView(await lineageGraph(deps.store, { projectId, start, direction, depth, nodes })));
}

const placeNamed = (
  { deps, principal }: Context<unknown, unknown, unknown>,
  id: string,
  kind: LineageKind | undefined,
): Promise<LineagePlace> => onlyPlaceOf(deps.store, principal().projectId, { id, kind });

const olderEdge = (edge: LineageEdgeRecord) => ({
  ...edgeView(edge),
  ...{ source_id: edge.source.id, target_id: edge.target.id, relation_type: edge.relation },
});

const linkBody = z.strictObject({
  source_id: placeRef,
  target_id: placeRef,
  relation_type: relationTypeSchema.default('derived'),
  source_kind: entityTypeSchema.optional().meta({ description: 'Needed when two kinds share `source_id`.' }),
  target_kind: entityTypeSchema.optional().meta({ description: 'Needed when two kinds share `target_id`.' }),
});

async function linkOf(
  { deps, principal }: Context<unknown, unknown, unknown>,
  { source_id, source_kind, target_id, target_kind, relation_type }: z.output<typeof linkBody>,
  find: typeof endOf,
): Promise<LineageLink> {
  const { projectId } = principal();
  const source = await find(deps.store, projectId, { id: source_id, kind: source_kind });
  return linkOfWord(relation_type, source, await find(deps.store, projectId, { id: target_id, kind: target_kind }));
}

/** Declares an edge; the answer is the edge as the platform has it, with its ends in the order of the lineage. */
export async function declare(context: Context<unknown, unknown, unknown>, link: LineageLink): Promise<Reply> {
  const { deps, principal, remember } = context;
  return deps.store.transaction(principal(), async (repositories) => {
    await declareEdges(repositories, principal(), [link]);
    const edge = await repositories.lineage.get(principal().projectId, link);
    const reply: Reply = { status: 201, body: olderEdge(edge) };
    await remember(repositories, reply);
    return reply;
  });
}

export function lineageRoutes(): readonly Route[] {
  const graph = { 200: { description: 'Nodes and edges', schema: named.lineageGraph } } as const;
  return [
    route({
      method: 'get',
      path: '/api/v1/lineage/{nodeKind}/{node}/graph',
      permission: 'read',
      tag: 'lineage',
      summary: 'What a thing came from, and what came from it',
      params: nodeParam.extend({ nodeKind: z.enum(lineageKinds) }),
      query: z.strictObject(graphQuery),
      answers: graph,
      handle: async (context) => {
        const { node, nodeKind } = context.params;
        return graphAnswer(context, await placeNamed(context, node, nodeKind));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/lineage/{node}/graph',
      permission: 'read',
      tag: 'lineage',
      summary: 'What a thing came from, and what came from it, by its id alone (older path)',
      deprecated: true,
      params: nodeParam,
      query: z.strictObject({ ...graphQuery, ...kindQuery }),
      answers: graph,
      handle: async (context) =>
        graphAnswer(context, await placeNamed(context, context.params.node, context.query.kind)),
    }),
    route({
      method: 'get',
      path: '/api/v1/lineage/{node}',
      permission: 'read',
      tag: 'lineage',
      summary: 'Edges at a thing, newest first (older path)',
      deprecated: true,
      params: nodeParam,
      query: z.strictObject({ ...longPageQuery, ...kindQuery }),
      answers: { 200: { description: 'One page', schema: pageSchema(named.lineageEdge) } },
      handle: async (context) => {
        const { kind, ...page } = context.query;
        const node = await placeNamed(context, context.params.node, kind);
        const { projectId } = context.principal();
        const query = { projectId, node, way: 'both', ...given(page) } as const;
        const { items, nextCursor } = await context.deps.store.lineage.page(query);
        return ok({ items: items.map(olderEdge), nextCursor });
      },
    }),
    ...edgeRoutes(),
  ];
}

function edgeRoutes(): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/lineage',
      permission: 'write',
      tag: 'lineage',
      idempotent: true,
      summary: 'Declare that one thing came from another',
      body: linkBody,
      answers: { 201: { description: 'The edge', schema: named.lineageEdge } },
      handle: async (context) => declare(context, await linkOf(context, context.body, endOf)),
    }),
    route({
      method: 'delete',
      path: '/api/v1/lineage',
      permission: 'write',
      tag: 'lineage',
      summary: 'Remove a declared edge',
      query: linkBody,
      answers: { 204: { description: 'Removed' } },
      handle: async (context) => {
        const { deps, principal } = context;
        const link = await linkOf(context, context.query, onlyPlaceOf);
        await deps.store.transaction(principal(), (repositories) => removeEdge(repositories, principal(), link));
        return { status: 204 };
      },
    }),
  ];
}
