import { sql } from 'kysely';

/** Of a row of `attempts`. */
export const isUnsettled = sql`(attempts.ended_at is null or attempts.termination_confirmed_at is null)`;
/** Of a row of `jobs`. */
export const isNamed = sql`exists (select from model_versions where model_versions.job_id = jobs.id)`;
