import { sql } from 'kysely';
import { inTransaction, json, type Db } from '../database.ts';
import type { CheckpointsRepository, CheckpointSummary } from '../types.ts';
import { appendEvent } from '../events/repository.ts';

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
    summaries: async (jobId, attempts) => {
      const { rows } = await sql<CheckpointSummary>`
        select attempt, sequence, manifest ->> 'name' as name, manifest ->> 'createdAt' as created_at
        from checkpoints where job_id = ${jobId} and attempt = any (${attempts})
        order by attempt desc, sequence desc`.execute(db);
      return rows;
    },
  };
}
