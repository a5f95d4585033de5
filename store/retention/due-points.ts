import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { dropPartition, partitionsOf, type Partition } from '../partitions.ts';
import { isNamed, isUnsettled } from './due-jobs.ts';

/**
 * Whether every job with points in the partition may go. Its jobs are found by jumping from one to the next in the
 * index, which costs no look at their points.
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

/** Weeks of points of which every job may go, oldest first. */
export async function duePoints(db: Db, endedBefore: Date): Promise<readonly Partition[]> {
  const due: Partition[] = [];
  for (const partition of await partitionsOf(db, 'metric_points')) {
    if (partition.untilMs > endedBefore.getTime()) break;
    if (await isDue(db, partition.name, endedBefore)) due.push(partition);
  }
  return due;
}

/** False when a model was made of one of the jobs meanwhile. */
export function dropPoints(db: Db, partition: string, endedBefore: Date): Promise<boolean> {
  return dropPartition(db, 'metric_points', partition, async (transaction) => {
    // No model is registered between the look and the drop.
    await sql`lock table model_versions in share mode`.execute(transaction);
    return isDue(transaction, partition, endedBefore);
  });
}
