import type { ModelStage } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import type { Db } from '../database.ts';
import type { LineageRepository, UsedVersion } from '../types.ts';

/** Nodes that one question walks through. */
const mostReached = 20_000;

type SeenRow = { readonly model: string; readonly version: number; readonly stage: ModelStage };

/**
 * Model versions below some nodes, in one statement: a node is reached once, so cycles end, and the walk stops at the
 * limit, as the recursion is read only as far as it is asked for. From a dataset it does not go to all of its versions.
 */
export function modelsBelowQuery(
  projectId: string,
  places: readonly LineagePlace[],
  { stage, limit }: { readonly stage: ModelStage | null; readonly limit: number },
): RawBuilder<SeenRow & { readonly reached: bigint }> {
  return sql`
    with recursive below (kind, id) as (
      select kind, id collate "C"
      from unnest(${places.map(({ kind }) => kind)}::text[], ${places.map(({ id }) => id)}::text[]) as given (kind, id)
      union
      select edge.target_kind, edge.target_id
      from below join lineage_edges as edge
        on edge.project_id = ${projectId} and edge.source_kind = below.kind and edge.source_id = below.id
      where edge.relation <> 'stage' and (edge.relation <> 'version' or edge.source_kind <> 'dataset')
    ), reached as materialized (select kind, id from below limit ${mostReached + 1})
    select made.model, made.version, made.stage, (select count(*) from reached) as reached
    from reached cross join lateral (
      select model, version, stage from model_versions
      where project_id = ${projectId} and model = split_part(reached.id, '@', 1)
        and version = split_part(reached.id, '@', 2)::int
      limit 1
    ) as made
    where reached.kind = 'model-version' ${stage === null ? sql`` : sql`and made.stage = ${stage}`}
    order by made.stage = 'production' desc, made.model, made.version desc
    limit ${limit + 1}`;
}

/** Versions of a dataset that something came from, the newest first. */
const usedVersions =
  (db: Db): LineageRepository['usedVersions'] =>
  async (projectId, datasetId, limit) => {
    const { rows } = await sql<UsedVersion>`
      select version, root from dataset_versions
      where dataset_id = ${datasetId} and exists (
        select from lineage_edges
        where project_id = ${projectId} and source_kind = 'dataset-version'
          and source_id = ${datasetId}::text || '@' || dataset_versions.version
      )
      order by version desc limit ${limit}`.execute(db);
    return rows;
  };

type SeenMethods = Pick<LineageRepository, 'usedVersions' | 'modelsBelow' | 'runsOfContent'>;

export function seenMethods(db: Db): SeenMethods {
  return {
    usedVersions: usedVersions(db),
    modelsBelow: async (projectId, places, query) => {
      if (places.length === 0) return { items: [], isTruncated: false };
      const { rows } = await modelsBelowQuery(projectId, places, query).execute(db);
      const items = rows.slice(0, query.limit).map(({ model, version, stage }) => ({ model, version, stage }));
      const isCut = rows.some(({ reached }) => Number(reached) > mostReached);
      return { items, isTruncated: isCut || rows.length > query.limit };
    },
    runsOfContent: async (projectId, sha256, limit) => {
      const { rows } = await sql<{ id: string }>`
        select jobs.id from object_refs join jobs on jobs.id = object_refs.job_id
        where object_refs.key = ${`data/${sha256}`} and jobs.project_id = ${projectId}
        order by jobs.id desc limit ${limit}`.execute(db);
      return rows.map(({ id }) => id);
    },
  };
}
