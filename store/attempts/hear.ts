import { sql, type Selectable } from 'kysely';
import type { Db } from '../database.ts';
import { jobs } from '../jobs/entity.ts';
import type { Database } from '../entities.ts';
import type { AttemptsRepository } from '../types.ts';

type AttemptRow = Selectable<Database['attempts']>;
type JobRow = Selectable<Database['jobs']>;

const prefix = 'job:';
const jobColumns = Object.keys(jobs.meta.properties);
const selected = sql.join(jobColumns.map((name) => sql`jobs.${sql.id(name)} as ${sql.id(`${prefix}${name}`)}`));

/** Extracts the job's row from the prefixed columns. */
function jobOf(row: Readonly<Record<string, unknown>>): JobRow {
  return Object.fromEntries(jobColumns.map((name) => [name, row[`${prefix}${name}`]])) as JobRow;
}

/**
 * Finds the attempt by its token, with its job, and stores its sign of life, in one statement, because every runner
 * calls every second.
 */
export const hear: (db: Db) => AttemptsRepository['hear'] = (db) => async (tokenHash, at, everyMs) => {
  const { rows } = await sql<AttemptRow & Readonly<Record<string, unknown>>>`
    with signed as (
      update attempts set last_heartbeat_at = ${at} from jobs
      where attempts.token_hash = ${tokenHash} and attempts.ended_at is null
        and coalesce(attempts.last_heartbeat_at, '-infinity') <= ${at}::timestamptz - ${everyMs} * interval '1 ms'
        and jobs.id = attempts.job_id and jobs.current_attempt = attempts.attempt
    )
    select attempts.*, ${selected} from attempts join jobs on jobs.id = attempts.job_id
    where attempts.token_hash = ${tokenHash}`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  const attempt = Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith(prefix))) as AttemptRow;
  return { attempt, job: jobOf(row) };
};
