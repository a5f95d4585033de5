import { sql } from 'kysely';
import type { LogStream } from '@artenic/core';
import { inTransaction, lock, type Db } from '../database.ts';
import type { LogChunkRecord, LogChunksRepository } from '../types.ts';

type ChunkRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly endOffset: bigint;
  readonly bytes: bigint;
  readonly key: string;
};

function toRecord(row: ChunkRow): LogChunkRecord {
  const { jobId, attempt, stream, key } = row;
  const bytes = Number(row.bytes);
  return { jobId, attempt, stream, offset: Number(row.endOffset) - bytes, bytes, key };
}

/** In the order of a reader: setup before training within an attempt. */
const oldestFirst = sql`attempt, stream, end_offset`;

function trim(db: Db, jobId: string, capBytes: number, headBytes: number): Promise<readonly LogChunkRecord[]> {
  return inTransaction(db, async (transaction) => {
    await lock(transaction, `log-chunks:${jobId}`);
    const taken = await sql<ChunkRow>`
      with placed as (
        select attempt, stream, end_offset, bytes,
          sum(bytes) over (order by ${oldestFirst}) - bytes as before
        from log_chunks
        where job_id = ${jobId}
      ), behind_head as (
        select attempt, stream, end_offset, sum(bytes) over (order by ${oldestFirst}) - bytes as removed_before
        from placed
        where before >= ${headBytes}
      ), taken as (
        delete from log_chunks using behind_head
        where log_chunks.job_id = ${jobId}
          and (log_chunks.attempt, log_chunks.stream, log_chunks.end_offset) =
            (behind_head.attempt, behind_head.stream, behind_head.end_offset)
          and removed_before < (select sum(bytes) from placed) - ${capBytes}
        returning log_chunks.*
      )
      select * from taken order by ${oldestFirst}`.execute(transaction);
    return taken.rows.map(toRecord);
  });
}

export function createLogChunks(db: Db): LogChunksRepository {
  return {
    insert: async ({ jobId, attempt, stream, offset, bytes, key }) => {
      await db
        .insertInto('log_chunks')
        .values({ jobId, attempt, stream, endOffset: BigInt(offset + bytes), bytes: BigInt(bytes), key })
        .execute();
    },
    from: async ({ jobId, attempt, stream, offset, limit }) => {
      const rows = await db
        .selectFrom('log_chunks')
        .selectAll()
        .where('jobId', '=', jobId)
        .where('attempt', '=', attempt)
        .where('stream', '=', stream)
        .where('endOffset', '>', BigInt(offset))
        .orderBy('endOffset')
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },
    totalBytes: async (jobId) => {
      const row = await db
        .selectFrom('log_chunks')
        .select((select) => select.fn.sum<string | null>('bytes').as('total'))
        .where('jobId', '=', jobId)
        .executeTakeFirstOrThrow();
      return Number(row.total ?? 0);
    },
    trim: (jobId, capBytes, headBytes) => trim(db, jobId, capBytes, headBytes),
  };
}
