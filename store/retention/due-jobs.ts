import { sql } from 'kysely';

/** Condition on a row of `attempts`. */
export const isUnsettled = sql`(attempts.ended_at is null or attempts.termination_confirmed_at is null)`;
/** Condition on a row of `jobs`. */
export const isNamed = sql`exists (select from model_versions where model_versions.job_id = jobs.id)`;
