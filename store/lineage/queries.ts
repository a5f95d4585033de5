import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import type { WalkWay } from '../../core/lineage/walk.ts';
import type { Database } from '../entities.ts';
import type { LineageEdgeRecord } from '../types.ts';

export type EdgeRow = Omit<Selectable<Database['lineage_edges']>, 'projectId'>;

export function toEdge({ sourceKind, sourceId, targetKind, targetId, ...row }: EdgeRow): LineageEdgeRecord {
  const { id, relation, origin, paths, createdBy, createdAt } = row;
  const [source, target] = [
    { kind: sourceKind, id: sourceId },
    { kind: targetKind, id: targetId },
  ];
  return { id, source, target, relation, origin, paths, createdBy, createdAt };
}

export const columns = sql`id, source_kind, source_id, target_kind, target_id, relation, origin, paths, created_by, created_at`;
/** Columns of the end at which the walk stands. */
export const endOf = (way: WalkWay) =>
  way === 'down' ? { kind: sql`source_kind`, id: sql`source_id` } : { kind: sql`target_kind`, id: sql`target_id` };

/** The newest edges of each node come from its index, so that a node with very many costs no more than the limit. */
export function edgesAtQuery(
  projectId: string,
  nodes: readonly LineagePlace[],
  way: WalkWay,
  limit: number,
): RawBuilder<EdgeRow> {
  const { kind, id } = endOf(way);
  return sql<EdgeRow>`
    select edge.* from unnest(${nodes.map((node) => node.kind)}::text[], ${nodes.map((node) => node.id)}::text[])
      as node (kind, id)
    cross join lateral (
      select ${columns} from lineage_edges
      where project_id = ${projectId} and ${kind} = node.kind and ${id} = node.id
      order by lineage_edges.id desc limit ${limit}
    ) as edge
    order by edge.id desc limit ${limit}`;
}
