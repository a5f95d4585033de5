import type { LineageOrigin, ModelStage, Page } from '@artenic/core';
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

/** A version of a dataset that something came from. */
export type UsedVersion = { readonly version: number; readonly root: string };

export type SeenModel = { readonly model: string; readonly version: number; readonly stage: ModelStage };

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
  /** Versions of the dataset from which an edge leads, newest first. */
  readonly usedVersions: (projectId: string, datasetId: string, limit: number) => Promise<readonly UsedVersion[]>;
  /** Model versions below the places, those in production first. `isTruncated`: there may be more. */
  readonly modelsBelow: (
    projectId: string,
    places: readonly LineagePlace[],
    query: { readonly stage: ModelStage | null; readonly limit: number },
  ) => Promise<{ readonly items: readonly SeenModel[]; readonly isTruncated: boolean }>;
  /** Jobs that name the content as a file of their own, newest first. */
  readonly runsOfContent: (projectId: string, sha256: string, limit: number) => Promise<readonly string[]>;
  /** Facts for each place, in their order. */
  readonly describe: (projectId: string, places: readonly LineagePlace[]) => Promise<readonly LineageNodeFacts[]>;
};
