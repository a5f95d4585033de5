import { keyOfPlace, type LineageLink, type LineagePlace } from './relations.ts';

export type WalkWay = 'up' | 'down';

/** Edges at these nodes, the newest first, at most so many: those that lead to them (`up`) or away from them (`down`). */
export type EdgesAt<Edge extends LineageLink> = (
  nodes: readonly LineagePlace[],
  way: WalkWay,
  limit: number,
) => Promise<readonly Edge[]>;

export type WalkLimits = { readonly depth: number; readonly nodes: number; readonly edges: number };

export type WalkedNode = LineagePlace & {
  /** Edges from the start on the shortest way; negative upwards. */
  readonly depth: number;
};
export type Walked<Edge extends LineageLink> = {
  readonly nodes: readonly WalkedNode[];
  readonly edges: readonly Edge[];
  /** Within the depth there is more than the limits let through. */
  readonly isTruncated: boolean;
};

const keyOfLink = ({ source, target, relation }: LineageLink): string =>
  `${keyOfPlace(source)}\n${keyOfPlace(target)}\n${relation}`;

/**
 * Finds what a node came from (`up`) and what came from it (`down`), level by level, each node once: cycles end, and the
 * nodes nearest to the start are in the answer when it is too large. Both ways together are both walks, and no way up
 * again from what was found below.
 */
export async function walk<Edge extends LineageLink>(
  start: LineagePlace,
  ways: readonly WalkWay[],
  limits: WalkLimits,
  edgesAt: EdgesAt<Edge>,
): Promise<Walked<Edge>> {
  const nodes = new Map<string, WalkedNode>([[keyOfPlace(start), { ...start, depth: 0 }]]);
  const edges = new Map<string, Edge>();
  let isTruncated = false;
  for (const way of ways) {
    const seen = new Set([keyOfPlace(start)]);
    let level: readonly LineagePlace[] = [start];
    for (let depth = 1; depth <= limits.depth && level.length > 0; depth++) {
      const room = limits.edges - edges.size;
      const found = await edgesAt(level, way, room + 1);
      if (found.length > room) isTruncated = true;
      const next: LineagePlace[] = [];
      for (const edge of found.slice(0, room)) {
        const other = way === 'up' ? edge.source : edge.target;
        const key = keyOfPlace(other);
        if (!nodes.has(key)) {
          if (nodes.size >= limits.nodes) {
            isTruncated = true;
            continue;
          }
          nodes.set(key, { ...other, depth: way === 'up' ? -depth : depth });
        }
        edges.set(keyOfLink(edge), edge);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push(other);
      }
      level = next;
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], isTruncated };
}
