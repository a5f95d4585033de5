import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { LineagePlace } from '../../core/lineage/relations.ts';
import type { Db } from '../database.ts';
import { behindVersions } from './write.ts';

/**
 * Ids are never given twice while the lineage names them: what came from a deleted thing would be shown as come from
 * the new one. Throws `conflict`.
 */
export async function refuseNamedBefore(db: Db, projectId: string, { kind, id }: LineagePlace): Promise<void> {
  const named = (end: 'source' | 'target') => {
    const [kindColumn, idColumn] = [sql.ref(`${end}_kind`), sql.ref(`${end}_id`)];
    return sql`
      exists (select from lineage_edges where project_id = ${projectId} and ${kindColumn} = ${kind} and ${idColumn} = ${id})
      or exists (select from lineage_edges where project_id = ${projectId} and ${kindColumn} = ${`${kind}-version`}
        and ${idColumn} > ${`${id}@`} and ${idColumn} < ${behindVersions(id)})`;
  };
  const { rows } = await sql<{ isNamed: boolean }>`
    select ${named('source')} or ${named('target')} as is_named`.execute(db);
  if (rows[0]?.isNamed === true)
    throw new ArtenicError('conflict', `The lineage names an earlier ${kind} ${id}. Choose another id.`);
}
