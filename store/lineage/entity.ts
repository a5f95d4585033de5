import { lineageKinds, lineageOrigins, lineageRelations } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';

/**
 * Edges from what was first to what came from it. Both indexes end with the id, so that the newest edges of a node with
 * very many are found without reading the others.
 */
export const lineageEdges = defineEntity({
  name: 'LineageEdge',
  tableName: 'lineage_edges',
  uniques: [
    {
      name: 'lineage_edges_once',
      properties: ['projectId', 'sourceKind', 'sourceId', 'targetKind', 'targetId', 'relation'],
    },
  ],
  indexes: [
    { name: 'lineage_edges_downward', properties: ['projectId', 'sourceKind', 'sourceId', 'id'] },
    { name: 'lineage_edges_upward', properties: ['projectId', 'targetKind', 'targetId', 'id'] },
  ],
  properties: {
    id: p.bigint().primary().autoincrement(),
    projectId: p.text(),
    sourceKind: p.enum(lineageKinds),
    sourceId: p.text().collation('C'),
    targetKind: p.enum(lineageKinds),
    targetId: p.text().collation('C'),
    relation: p.enum(lineageRelations),
    origin: p.enum(lineageOrigins),
    /** Patterns of the files that a run reads of a version; null for all of them. */
    paths: p.json<readonly string[]>().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(3).defaultRaw('clock_timestamp()'),
  },
});
