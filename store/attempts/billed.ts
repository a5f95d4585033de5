import type { BilledAttempt } from '../../core/cost/cost.ts';
import { sql } from 'kysely';
import type { Db } from '../database.ts';

const billedColumns = [
  ...(['jobId', 'offer', 'handle', 'helloAt', 'endedAt', 'launchTriedAt', 'terminationConfirmedAt'] as const),
  ...(['billedFrom', 'billedUntil', 'attempt', 'runningAt'] as const),
] as const;

/** An attempt's costs, and since when it trains. */
export type BilledRow = BilledAttempt & {
  readonly jobId: string;
  readonly attempt: number;
  readonly runningAt: Date | null;
};

export async function billedByJobs(
  db: Db,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BilledRow[]>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('attempts')
    .select(billedColumns)
    .where(sql<boolean>`job_id = any (${jobIds})`)
    .execute();
  return Map.groupBy(rows, ({ jobId }) => jobId);
}

/** Jobs behind `after` whose costs grow: with an instance that is not known to be gone, at a price. */
export async function billedJobs(db: Db, after: string, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly jobId: string }>`
    select distinct job_id from attempts
    where (ended_at is null or termination_confirmed_at is null)
      and billed_until is null and coalesce(billed_from, hello_at) is not null
      and (offer ->> 'priceUsdMicrosPerHour')::bigint > 0 and job_id > ${after}
    order by job_id limit ${limit}`.execute(db);
  return rows.map(({ jobId }) => jobId);
}
