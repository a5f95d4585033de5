import type { Page } from '@artenic/core';
import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { LineageLink } from '../../core/lineage/relations.ts';
import type { WalkWay } from '../../core/lineage/walk.ts';
import type { Db } from '../database.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';
import type { LineageEdgeRecord, LineageEdgesQuery, LineageRepository } from '../types.ts';
import { describePlaces } from './nodes.ts';
import { columns, edgesAtQuery, endOf, toEdge, type EdgeRow } from './queries.ts';
import { seenMethods } from './seen.ts';
import { ofLink, writeEdges } from './write.ts';

async function page(
  db: Db,
  { projectId, node, way, cursor, limit }: LineageEdgesQuery,
): Promise<Page<LineageEdgeRecord>> {
  const before = cursor === undefined ? sql`` : sql`and id < ${decodeNumberCursor(cursor, 2n ** 62n)}`;
  const at = (one: WalkWay) => sql`
    (select ${columns} from lineage_edges
      where project_id = ${projectId} and ${endOf(one).kind} = ${node.kind} and ${endOf(one).id} = ${node.id} ${before}
      order by id desc limit ${limit + 1})`;
  const edges = way === 'both' ? sql`${at('up')} union all ${at('down')}` : at(way);
  const { rows } = await sql<EdgeRow>`
    select * from (${edges}) as edge order by id desc limit ${limit + 1}`.execute(db);
  return toPage(rows, limit, toEdge, ({ id }) => [String(id)]);
}

const textOf = ({ source, target, relation }: LineageLink): string =>
  `${source.kind} ${source.id} → ${target.kind} ${target.id} (${relation})`;

async function get(db: Db, projectId: string, link: LineageLink): Promise<LineageEdgeRecord> {
  const { rows } = await sql<EdgeRow>`
    select ${columns} from lineage_edges where project_id = ${projectId} and ${ofLink(link)}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new ArtenicError('not-found', `There is no edge ${textOf(link)}.`);
  return toEdge(row);
}

async function removeDeclared(db: Db, projectId: string, link: LineageLink): Promise<void> {
  const ofIt = sql<boolean>`project_id = ${projectId} and ${ofLink(link)}`;
  const { rows } = await sql<{ origin: string }>`
    delete from lineage_edges where ${ofIt} and origin = 'declared' returning origin`.execute(db);
  if (rows.length > 0) return;
  const kept = await get(db, projectId, link);
  throw new ArtenicError(
    'conflict',
    `The platform has written the edge ${textOf(kept)}: it goes with what it describes.`,
  );
}

export function createLineage(db: Db): LineageRepository {
  return {
    write: (projectId, edges) => writeEdges(db, projectId, edges),
    get: (projectId, link) => get(db, projectId, link),
    removeDeclared: (projectId, link) => removeDeclared(db, projectId, link),
    edgesAt: async (projectId, nodes, way, limit) =>
      (await edgesAtQuery(projectId, nodes, way, limit).execute(db)).rows.map(toEdge),
    page: (query) => page(db, query),
    ...seenMethods(db),
    describe: (projectId, places) => describePlaces(db, projectId, places),
  };
}
