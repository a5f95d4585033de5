import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { NodeSource } from '../../core/datasets/tree.ts';
import type { Db } from '../database.ts';

/** Nodes in a statement: bounds its memory. */
const atOnce = 500;

export function nodesOf(db: Db, datasetId: string): NodeSource {
  return {
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    load: async (hashes) => {
      const found = new Map<string, string>();
      for (let from = 0; from < hashes.length; from += atOnce) {
        const rows = await db
          .selectFrom('dataset_nodes')
          .select(['hash', 'content'])
          .where('datasetId', '=', datasetId)
          .where(sql<boolean>`hash = any (${hashes.slice(from, from + atOnce)})`)
          .execute();
        for (const { hash, content } of rows) found.set(hash, content);
      }
      return found;
    },
  };
}

/**
 * @param draft the draft that makes these nodes, which go with it if it is given up; null for those of a version. A node
 * that two of them make belongs to neither, and stays.
 */
export async function insertNodes(
  db: Db,
  datasetId: string,
  nodes: ReadonlyMap<string, string>,
  draft: string | null,
): Promise<void> {
  const all = [...nodes];
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce);
    await sql`
      insert into dataset_nodes (dataset_id, hash, content, draft_id)
      select ${datasetId}, hash, content, ${draft}
      from unnest(${some.map(([hash]) => hash)}::text[], ${some.map(([, text]) => text)}::text[]) as given (hash, content)
      on conflict (dataset_id, hash) do update set draft_id = null
        where dataset_nodes.draft_id is distinct from excluded.draft_id and dataset_nodes.draft_id is not null`.execute(
      db,
    );
  }
}
