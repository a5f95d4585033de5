import type { LineageEdgeView, LineageGraph, LineageNodeView } from '@artenic/core';
import type { LineagePlace } from './lineage-query.ts';

export const placeKey = ({ kind, id }: LineagePlace): string => `${kind} ${id}`;

export type LineageLevel = { readonly depth: number; readonly nodes: readonly LineageNodeView[] };

/** Nodes by their distance from the start: first what it came from, then the start, then what came from it. */
export function levelsOf({ nodes }: LineageGraph): readonly LineageLevel[] {
  return [...Map.groupBy(nodes, (node) => node.depth)]
    .map(([depth, some]) => ({ depth, nodes: some.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }))
    .toSorted((a, b) => a.depth - b.depth);
}

/** Keys of all nodes that an edge joins with this one. */
export function neighboursOf(edges: readonly LineageEdgeView[], key: string): ReadonlySet<string> {
  return new Set(
    edges.flatMap(({ source, target }) => {
      const [from, to] = [placeKey(source), placeKey(target)];
      if (from === key) return [to];
      return to === key ? [from] : [];
    }),
  );
}
