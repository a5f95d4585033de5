import { sql, type RawBuilder } from 'kysely';
import type { JobCandidate } from '../../core/errors.ts';
import type { Db } from '../database.ts';

/** Greater than every hexadecimal digit in the collation "C". */
const behindDigits = '~';

/**
 * The project's jobs whose id without dashes begins or ends with these digits, newest first. Two indexes serve it: ids
 * without dashes, and the same backwards.
 */
export function idPartQuery(projectId: string, digits: string, limit: number): RawBuilder<JobCandidate> {
  const columns = sql`id, name, service, state, created_at`;
  return sql<JobCandidate>`
    (select ${columns} from jobs where project_id = ${projectId}
      and (replace(id, '-', '') collate "C") >= ${digits}
      and (replace(id, '-', '') collate "C") < ${digits + behindDigits}
      order by (replace(id, '-', '') collate "C") desc limit ${limit})
    union
    (select ${columns} from jobs where project_id = ${projectId}
      and (reverse(replace(id, '-', '')) collate "C") >= reverse(${digits}::text)
      and (reverse(replace(id, '-', '')) collate "C") < reverse(${digits}::text) || ${behindDigits}
      order by (reverse(replace(id, '-', '')) collate "C") limit ${limit})
    order by created_at desc, id desc limit ${limit}`;
}

export async function withIdPart(
  db: Db,
  ...[projectId, digits, limit]: Parameters<typeof idPartQuery>
): Promise<readonly JobCandidate[]> {
  return (await idPartQuery(projectId, digits, limit).execute(db)).rows;
}
