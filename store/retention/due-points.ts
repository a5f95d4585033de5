import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { dropPartition, partitionsOf, type Partition } from '../partitions.ts';
import { isNamed, isUnsettled } from './due-jobs.ts';

/**
 * Whether every job with points in the partition may go. The query jumps from one job to the next in the index, without
 * reading their points.
 */
async function isDue(db: Db, partition: string, endedBefore: Date): Promise<boolean> {
  const { rows } = await sql<{ isKept: boolean }>`
    with recursive ids as (
      select min(job_id) as id from ${sql.table(partition)}
      union all
      select (select min(job_id) from ${sql.table(partition)} where job_id > ids.id) from ids where ids.id is not null
    )
    select exists (
      select from ids join jobs on jobs.id = ids.id collate "default"
      where jobs.finished_at is null or jobs.finished_at > ${endedBefore} or ${isNamed}
        or exists (select from attempts where attempts.job_id = jobs.id and ${isUnsettled})
    ) as is_kept`.execute(db);
  return rows[0]?.isKept === false;
}

/** Weeks of points whose jobs may all go, oldest first. */
export async function duePoints(db: Db, endedBefore: Date): Promise<readonly Partition[]> {
  const due: Partition[] = [];
  for (const partition of await partitionsOf(db, 'metric_points')) {
    if (partition.untilMs > endedBefore.getTime()) break;
    if (await isDue(db, partition.name, endedBefore)) due.push(partition);
  }
  return due;
}

/** False if a model was made from one of the jobs in the meantime. */
export function dropPoints(db: Db, partition: string, endedBefore: Date): Promise<boolean> {
  return dropPartition(db, 'metric_points', partition, async (transaction) => {
    // No model can be registered between the check and the drop.
    await sql`lock table model_versions in share mode`.execute(transaction);
    return isDue(transaction, partition, endedBefore);
  });
}
