import { sql, type RawBuilder } from 'kysely';
import { inTransaction, type Db } from '../database.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { dropOwnedEdges, ownedEdges } from '../lineage/write.ts';
import type { DatasetsRepository } from '../types.ts';

/** Tables with rows of a dataset; those with many rows come first. */
const datasetTables = [
  ...(['dataset_draft_contents', 'dataset_contents', 'dataset_nodes', 'dataset_drafts', 'dataset_tags'] as const),
  ...(['dataset_tag_moves', 'dataset_profiles', 'dataset_versions'] as const),
];

type RemoveMethods = Pick<DatasetsRepository, 'deleted' | 'countDeletedRows' | 'dropRows'>;

async function numberOf(db: Db, rows: RawBuilder<unknown>): Promise<number> {
  return Number((await sql<{ rows: bigint }>`select count(*) as rows ${rows}`.execute(db)).rows[0]?.rows ?? 0);
}

/** The time of an upload without a reference begins for the contents. */
async function dropContents(db: Db, id: string, limit: number, at: Date): Promise<number> {
  const { rows } = await sql<{ sha256: string }>`
    delete from dataset_contents where dataset_id = ${id} and sha256 in (
      select sha256 from dataset_contents where dataset_id = ${id} order by sha256 limit ${limit}
    ) returning sha256`.execute(db);
  const keys = rows.map(({ sha256 }) => `data/${sha256}`);
  await sql`
    update object_uses set used_at = ${at} where used_at < ${at} and key in (
      select key from object_uses where key = any (${keys}) order by key for no key update
    )`.execute(db);
  return rows.length;
}

const dropRows =
  (db: Db): RemoveMethods['dropRows'] =>
  (id, limit, at) =>
    inTransaction(db, async (transaction) => {
      let rows = 0;
      for (const table of datasetTables) {
        const rest = limit - rows;
        if (rest <= 0) return { rows, isGone: false };
        if (table === 'dataset_contents') {
          rows += await dropContents(transaction, id, rest, at);
          continue;
        }
        const dropped = await sql`
          delete from ${sql.table(table)} where ctid = any (array(
            select ctid from ${sql.table(table)} where dataset_id = ${id} limit ${rest}
          ))`.execute(transaction);
        rows += Number(dropped.numAffectedRows ?? 0);
      }
      const projectId = sql`(select project_id from datasets where id = ${id})`;
      rows += await dropOwnedEdges(transaction, projectId, lineagePlace.dataset(id), limit - rows);
      if (rows >= limit) return { rows, isGone: false };
      await transaction.deleteFrom('datasets').where('id', '=', id).where('deletedAt', 'is not', null).execute();
      return { rows: rows + 1, isGone: true };
    });

export function removeMethods(db: Db): RemoveMethods {
  return {
    deleted: async (limit) => {
      const rows = await db
        .selectFrom('datasets')
        .select('id')
        .where('deletedAt', 'is not', null)
        .orderBy('deletedAt')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },
    countDeletedRows: async (id) => {
      const projectId = sql`(select project_id from datasets where id = ${id})`;
      let rows = 1 + (await numberOf(db, ownedEdges(projectId, lineagePlace.dataset(id))));
      for (const table of datasetTables)
        rows += await numberOf(db, sql`from ${sql.table(table)} where dataset_id = ${id}`);
      return rows;
    },
    dropRows: dropRows(db),
  };
}
