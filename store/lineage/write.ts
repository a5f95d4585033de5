import { sql, type RawBuilder } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import {
  faultOfLink,
  lineagePlace,
  relationsOwnedBy,
  type LineageLink,
  type LineagePlace,
} from '../../core/lineage/relations.ts';
import { json, type Db } from '../database.ts';
import { principalInScope } from '../principal-scope.ts';
import type { NewLineageEdge } from '../types.ts';

const textOf = ({ source, target, relation }: LineageLink): string =>
  JSON.stringify([source.kind, source.id, target.kind, target.id, relation]);

/** Part of the transaction that makes what the edges describe. An edge that exists already stays as it is. */
export async function writeEdges(db: Db, projectId: string, edges: readonly NewLineageEdge[]): Promise<void> {
  if (edges.length === 0) return;
  for (const edge of edges) {
    const fault = faultOfLink(edge);
    if (fault !== null) throw new ArtenicError('validation-failed', `An edge of the lineage is refused: ${fault}.`);
  }
  const createdBy = principalInScope().name;
  // In one order, so that two transactions with the same edges wait for each other and do not lock each other out.
  const sorted = edges.toSorted((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
  const rows = sorted.map(({ source, target, relation, origin = 'platform', paths = null }) => ({
    ...{ projectId, sourceKind: source.kind, sourceId: source.id, targetKind: target.kind, targetId: target.id },
    ...{ relation, origin, paths: paths === null ? null : json(paths), createdBy },
  }));
  await db
    .insertInto('lineage_edges')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export const ofLink = ({ source, target, relation }: LineageLink) => sql<boolean>`
  source_kind = ${source.kind} and source_id = ${source.id} and target_kind = ${target.kind} and target_id = ${target.id}
  and relation = ${relation}`;

/** Edges to a registered version: from its model, and from its run. */
export function edgesOfVersion(model: string, version: number, runId: string | null): readonly NewLineageEdge[] {
  const target = lineagePlace.modelVersion(model, version);
  return [
    { source: lineagePlace.model(model), target, relation: 'version' },
    ...(runId === null ? [] : [{ source: lineagePlace.run(runId), target, relation: 'output' } as const]),
  ];
}

/**
 * A version is in one stage at a time; `stage_changes` has the history. The stage of a version that nobody has moved is
 * no edge: `stage` is null.
 */
export async function moveStageEdge(
  db: Db,
  { projectId, model, version }: { readonly projectId: string; readonly model: string; readonly version: number },
  stage: string | null,
): Promise<void> {
  const source = lineagePlace.modelVersion(model, version);
  await db
    .deleteFrom('lineage_edges')
    .where('projectId', '=', projectId)
    .where('sourceKind', '=', source.kind)
    .where('sourceId', '=', source.id)
    .where('relation', '=', 'stage')
    .execute();
  if (stage === null) return;
  await writeEdges(db, projectId, [{ source, target: lineagePlace.stage(model, stage), relation: 'stage' }]);
}

/** Greater than every id that begins with `<parent>@`, and than no other: the ids are in the order of their bytes. */
export const behindVersions = (id: string): string => `${id}A`;

/**
 * Edges that belong to a thing, or to its versions, as the rest of a statement behind `select` or `delete`: what
 * `ownerOf` says, for the database.
 */
export function ownedEdges(
  projectId: string | RawBuilder<unknown>,
  { kind, id }: LineagePlace,
  limit: number | null = null,
): RawBuilder<unknown> {
  const isIt = (end: 'source' | 'target') => {
    const [kindColumn, idColumn] = [sql.ref(`${end}_kind`), sql.ref(`${end}_id`)];
    return sql`project_id = ${projectId} and (
      (${kindColumn} = ${kind} and ${idColumn} = ${id})
      or (${kindColumn} = ${`${kind}-version`} and ${idColumn} > ${`${id}@`} and ${idColumn} < ${behindVersions(id)})
    )`;
  };
  return sql`
    from lineage_edges where id = any (array(
      select id from lineage_edges where ${isIt('source')}
        and (relation = any (${relationsOwnedBy('source')}) or target_kind = 'artifact')
      union
      select id from lineage_edges where ${isIt('target')}
        and relation = any (${relationsOwnedBy('target')}) and target_kind <> 'artifact'
      limit ${limit}
    ))`;
}

/** Removes the edges of a thing, at most so many. Edges that belong to others stay, and name it as deleted. */
export async function dropOwnedEdges(
  db: Db,
  projectId: string | RawBuilder<unknown>,
  place: LineagePlace,
  limit: number | null = null,
): Promise<number> {
  return Number((await sql`delete ${ownedEdges(projectId, place, limit)}`.execute(db)).numAffectedRows ?? 0);
}
