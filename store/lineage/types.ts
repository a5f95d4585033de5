import type { LineageOrigin, Page } from '@artenic/core';
import type { LineageLink, LineagePlace } from '../../core/lineage/relations.ts';
import type { WalkWay } from '../../core/lineage/walk.ts';

export type LineageEdgeRecord = LineageLink & {
  readonly id: bigint;
  readonly origin: LineageOrigin;
  /** Patterns of the files that a run reads of a version; null for all of them. */
  readonly paths: readonly string[] | null;
  readonly createdBy: string;
  readonly createdAt: Date;
};

export type NewLineageEdge = LineageLink & {
  /** `platform` when absent. */
  readonly origin?: LineageOrigin;
  readonly paths?: readonly string[] | null;
};

/** Name and state of a node for people; null for one that does not exist (any more). */
export type LineageNodeFacts = { readonly name: string; readonly state: string | null } | null;

export type LineageEdgesQuery = {
  readonly projectId: string;
  readonly node: LineagePlace;
  readonly way: WalkWay | 'both';
  readonly cursor?: string;
  readonly limit: number;
};

/**
 * Edges are written in the transaction of what they describe: `transaction.lineage.write`, or `writeEdges` within the
 * store. Which edge goes with what is in `core/lineage/relations.ts`.
 */
export type LineageRepository = {
  /** An edge that exists already stays as it is. Throws `validation-failed` for an edge that there cannot be. */
  readonly write: (projectId: string, edges: readonly NewLineageEdge[]) => Promise<void>;
  /** Throws `not-found`, and `conflict` for an edge that the platform has written. */
  readonly removeDeclared: (projectId: string, link: LineageLink) => Promise<void>;
  /** Throws `not-found`. */
  readonly get: (projectId: string, link: LineageLink) => Promise<LineageEdgeRecord>;
  /** Edges at the nodes, newest first. */
  readonly edgesAt: (
    projectId: string,
    nodes: readonly LineagePlace[],
    way: WalkWay,
    limit: number,
  ) => Promise<readonly LineageEdgeRecord[]>;
  /** Edges of one node, newest first. */
  readonly page: (query: LineageEdgesQuery) => Promise<Page<LineageEdgeRecord>>;
  /** Facts for each place, in their order. */
  readonly describe: (projectId: string, places: readonly LineagePlace[]) => Promise<readonly LineageNodeFacts[]>;
};
