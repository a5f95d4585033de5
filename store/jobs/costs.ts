import { costOfJob } from '../../core/cost/cost.ts';
import { billedByJobs } from '../attempts/billed.ts';
import type { Db } from '../database.ts';

/**
 * Writes the present costs of these jobs, for the order by cost. One statement for each job: none holds the lock of one
 * while it waits for another. A cost that has not changed is not written.
 */
export async function refreshCosts(db: Db, jobIds: readonly string[], now: Date): Promise<void> {
  const billed = await billedByJobs(db, jobIds);
  for (const jobId of jobIds) {
    const costUsdMicros = BigInt(costOfJob(billed.get(jobId) ?? [], false, now).usdMicros);
    await db
      .updateTable('jobs')
      .set({ costUsdMicros })
      .where('id', '=', jobId)
      .where('costUsdMicros', '<>', costUsdMicros)
      .execute();
  }
}
