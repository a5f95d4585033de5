import { inTransaction, json, type Db } from '../database.ts';
import type { CheckpointsRepository } from '../types.ts';
import { appendEvent } from './events.ts';

export function createCheckpoints(db: Db): CheckpointsRepository {
  return {
    insert: (manifest) =>
      inTransaction(db, async (transaction) => {
        const { jobId, attempt, sequence, name, createdAt } = manifest;
        const made = await transaction
          .insertInto('checkpoints')
          .values({ jobId, attempt, sequence, manifest: json(manifest) })
          .onConflict((conflict) => conflict.columns(['jobId', 'attempt', 'sequence']).doNothing())
          .returning('sequence')
          .executeTakeFirst();
        if (made === undefined) return;
        await appendEvent(transaction, {
          topic: `job:${jobId}`,
          kind: 'job.checkpoint',
          subject: jobId,
          data: { attempt, sequence, name, createdAt },
        });
      }),
    listByJob: async (jobId) => {
      const rows = await db
        .selectFrom('checkpoints')
        .select('manifest')
        .where('jobId', '=', jobId)
        .orderBy('attempt', 'desc')
        .orderBy('sequence', 'desc')
        .execute();
      return rows.map(({ manifest }) => manifest);
    },
  };
}
