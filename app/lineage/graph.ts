import { mostLineageNodes, type LineageDirection } from '@artenic/core';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import { walk, type Walked, type WalkedNode, type WalkWay } from '../../core/lineage/walk.ts';
import type { LineageEdgeRecord, LineageNodeFacts, PrincipalStore } from '../../store/types.ts';

export type GraphQuery = {
  readonly projectId: string;
  readonly start: LineagePlace;
  readonly direction: LineageDirection;
  readonly depth: number;
  readonly nodes: number;
};

export type Graph = Omit<Walked<LineageEdgeRecord>, 'nodes'> & {
  readonly nodes: readonly (WalkedNode & { readonly facts: LineageNodeFacts })[];
};

const waysOf: Readonly<Record<LineageDirection, readonly WalkWay[]>> = {
  up: ['up'],
  down: ['down'],
  both: ['up', 'down'],
};

/** Edges that one answer may have. */
const mostEdges = 4 * mostLineageNodes;

/** Walks up to what a thing came from, and down to what came from it; with facts for people. */
export async function lineageGraph(
  { lineage }: Pick<PrincipalStore, 'lineage'>,
  { projectId, start, direction, depth, nodes }: GraphQuery,
): Promise<Graph> {
  const limits = { depth, nodes, edges: mostEdges };
  const walked = await walk(start, waysOf[direction], limits, (some, way, limit) =>
    lineage.edgesAt(projectId, some, way, limit),
  );
  const facts = await lineage.describe(projectId, walked.nodes);
  return { ...walked, nodes: walked.nodes.map((node, index) => ({ ...node, facts: facts[index] ?? null })) };
}
