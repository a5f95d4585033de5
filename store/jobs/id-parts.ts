import { sql } from 'kysely';
import type { JobCandidate } from '../../core/errors.ts';
import type { Db } from '../database.ts';

/** Greater than every hexadecimal digit in the collation "C". */
const behindDigits = '~';

/**
 * The project's jobs whose id without dashes begins or ends with these digits, newest first. Two indexes serve it: ids
 * without dashes, and the same backwards.
 */
export async function withIdPart(
  db: Db,
  projectId: string,
  digits: string,
  limit: number,
): Promise<readonly JobCandidate[]> {
  const columns = sql`id, name, service, state, created_at`;
  const { rows } = await sql<JobCandidate>`
    (select ${columns} from jobs where project_id = ${projectId}
      and (replace(id, '-', '') collate "C") >= ${digits}
      and (replace(id, '-', '') collate "C") < ${digits + behindDigits}
      limit ${limit})
    union
    (select ${columns} from jobs where project_id = ${projectId}
      and (reverse(replace(id, '-', '')) collate "C") >= reverse(${digits}::text)
      and (reverse(replace(id, '-', '')) collate "C") < reverse(${digits}::text) || ${behindDigits}
      limit ${limit})
    order by created_at desc, id desc limit ${limit}`.execute(db);
  return rows;
}
