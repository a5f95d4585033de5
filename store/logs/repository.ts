import { sql, type RawBuilder, type Selectable } from 'kysely';
import { attemptIdOf } from '../../core/ids.ts';
import { inTransaction, lock, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { LogChunkRecord, LogChunksRepository, LogRef } from '../types.ts';

type ChunkRow = Selectable<Database['log_chunks']>;

function placeOf({ content, key, objectOffset, objectBytes }: ChunkRow): LogChunkRecord['place'] {
  if (content !== null) return { kind: 'row', content };
  const isWhole = objectOffset === null || objectBytes === null;
  const range = isWhole ? null : { offset: Number(objectOffset), bytes: Number(objectBytes) };
  return { kind: 'object', key: key ?? '', range };
}

function toRecord(row: ChunkRow): LogChunkRecord {
  const { jobId, attempt, stream } = row;
  const bytes = Number(row.bytes);
  return { jobId, attempt, stream, offset: Number(row.endOffset) - bytes, bytes, place: placeOf(row) };
}

const ofStream = ({ jobId, attempt, stream }: LogRef): RawBuilder<boolean> =>
  sql<boolean>`job_id = ${jobId} and attempt = ${attempt} and stream = ${stream}`;

type ParametersAfterRef<Name extends 'pack' | 'merge'> =
  Parameters<LogChunksRepository[Name]> extends [LogRef, ...infer Rest] ? Rest : never;

/** Rows per page at most. A page of this many rows is short only if a log is written in single bytes. */
const mostChunks = 4000;

/** The order in which a log is read: setup before training within an attempt. */
const oldestFirst = sql`attempt, stream, end_offset`;

const lockChunks = (transaction: Db, jobId: string): Promise<void> => lock(transaction, `log-chunks:${jobId}`);

/**
 * An insert of chunks locks the stream's row; a removal locks the chunks, too, so that rows stay between their read and
 * their removal. The order is that of an append that trims.
 */
async function lockStream(transaction: Db, { jobId, attempt, stream }: LogRef): Promise<void> {
  await transaction
    .selectFrom('streams')
    .select('nextOffset')
    .where('attemptId', '=', attemptIdOf(jobId, attempt))
    .where('stream', '=', stream)
    .forNoKeyUpdate()
    .execute();
  await lockChunks(transaction, jobId);
}

/** Recomputes the size of the part that is still in rows. */
async function countTail(transaction: Db, ref: LogRef): Promise<void> {
  const { jobId, attempt, stream } = ref;
  await sql`
    update streams
    set tail_bytes = left_over.bytes, tail_since = case when left_over.bytes > 0 then clock_timestamp() end
    from (select coalesce(sum(bytes), 0) as bytes from log_chunks where ${ofStream(ref)} and content is not null) as left_over
    where streams.attempt_id = ${attemptIdOf(jobId, attempt)} and streams.stream = ${stream}`.execute(transaction);
}

/** Consecutive rows without a gap, up to about `mostBytes`. */
async function tail(db: Db, ref: LogRef, mostBytes: number): Promise<readonly LogChunkRecord[]> {
  const { rows } = await sql<ChunkRow>`
    select * from (
      select *, sum(bytes) over (order by end_offset) - bytes as before from log_chunks
      where ${ofStream(ref)} and content is not null
    ) as chunks
    where before < ${mostBytes} order by end_offset`.execute(db);
  const records = rows.map(toRecord);
  const hole = records.findIndex((chunk, index) => {
    const last = records[index - 1];
    return last !== undefined && chunk.offset !== last.offset + last.bytes;
  });
  return hole === -1 ? records : records.slice(0, hole);
}

function pack(db: Db, ref: LogRef, ...[chunks, object]: ParametersAfterRef<'pack'>): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    await lockStream(transaction, ref);
    const ends = chunks.map(({ offset, bytes }) => offset + bytes);
    const here = sql<boolean>`${ofStream(ref)} and end_offset = any(${ends}::bigint[]) and content is not null`;
    const there = await transaction.selectFrom('log_chunks').select('endOffset').where(here).execute();
    if (there.length === chunks.length && object !== null) {
      await transaction.deleteFrom('log_chunks').where(here).execute();
      const bytes = BigInt(chunks.reduce((sum, chunk) => sum + chunk.bytes, 0));
      const place = { key: object.key, objectOffset: 0n, objectBytes: BigInt(object.bytes) };
      await transaction
        .insertInto('log_chunks')
        .values({ ...ref, endOffset: BigInt(ends.at(-1) ?? 0), bytes, ...place })
        .execute();
    }
    await countTail(transaction, ref);
    return there.length === chunks.length;
  });
}

function merge(db: Db, ref: LogRef, ...[chunks, key, ranges]: ParametersAfterRef<'merge'>): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    await lockStream(transaction, ref);
    const moved = await sql`
      update log_chunks set key = ${key}, object_offset = there.object_offset, object_bytes = there.object_bytes
      from unnest(
        ${chunks.map(({ offset, bytes }) => offset + bytes)}::bigint[],
        ${ranges.map(({ offset }) => offset)}::bigint[], ${ranges.map(({ bytes }) => bytes)}::bigint[]
      ) as there (end_offset, object_offset, object_bytes)
      where ${ofStream(ref)} and log_chunks.end_offset = there.end_offset and content is null`.execute(transaction);
    return Number(moved.numAffectedRows ?? 0) > 0;
  });
}

async function trim(db: Db, jobId: string, capBytes: number, headBytes: number): Promise<readonly string[]> {
  return inTransaction(db, async (transaction) => {
    await lockChunks(transaction, jobId);
    const taken = await sql<{ readonly key: string | null }>`
      with placed as (
        select attempt, stream, end_offset, bytes,
          sum(bytes) over (order by ${oldestFirst}) - bytes as before
        from log_chunks
        where job_id = ${jobId}
      ), behind_head as (
        select attempt, stream, end_offset, sum(bytes) over (order by ${oldestFirst}) - bytes as removed_before
        from placed
        where before >= ${headBytes}
      )
      delete from log_chunks using behind_head
      where log_chunks.job_id = ${jobId}
        and (log_chunks.attempt, log_chunks.stream, log_chunks.end_offset) =
          (behind_head.attempt, behind_head.stream, behind_head.end_offset)
        and removed_before < (select sum(bytes) from placed) - ${capBytes}
      returning log_chunks.key`.execute(transaction);
    const keys = new Set(taken.rows.flatMap(({ key }) => (key === null ? [] : [key])));
    const kept = await transaction
      .selectFrom('log_chunks')
      .select('key')
      .distinct()
      .where('jobId', '=', jobId)
      .where(sql<boolean>`key = any(${[...keys]})`)
      .execute();
    for (const { key } of kept) keys.delete(key ?? '');
    return [...keys];
  });
}

export function createLogChunks(db: Db): LogChunksRepository {
  return {
    insert: async ({ jobId, attempt, stream, offset, content }) => {
      const bytes = content.length;
      const endOffset = BigInt(offset + bytes);
      await db
        .insertInto('log_chunks')
        .values({ jobId, attempt, stream, endOffset, bytes: BigInt(bytes), content: Buffer.from(content) })
        .execute();
    },
    from: async (ref, offset, mostBytes) => {
      const { rows } = await sql<ChunkRow>`
        select * from (
          select *, sum(least(bytes, end_offset - ${offset}::bigint)) over (order by end_offset)
            - least(bytes, end_offset - ${offset}::bigint) as before
          from log_chunks where ${ofStream(ref)} and end_offset > ${offset}
          order by end_offset limit ${mostChunks}
        ) as chunks
        where before < ${mostBytes} order by end_offset`.execute(db);
      return rows.map(toRecord);
    },
    endOffset: async ({ jobId, attempt, stream }) => {
      const row = await db
        .selectFrom('log_chunks')
        .select('endOffset')
        .where('jobId', '=', jobId)
        .where('attempt', '=', attempt)
        .where('stream', '=', stream)
        .orderBy('endOffset', 'desc')
        .limit(1)
        .executeTakeFirst();
      return Number(row?.endOffset ?? 0);
    },
    tail: (ref, mostBytes) => tail(db, ref, mostBytes),
    pack: (ref, chunks, object) => pack(db, ref, chunks, object),
    objects: async (ref, limit) => {
      const rows = await db
        .selectFrom('log_chunks')
        .selectAll()
        .where(ofStream(ref))
        .where('key', 'is not', null)
        .orderBy('endOffset')
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },
    merge: (ref, chunks, key, ranges) => merge(db, ref, chunks, key, ranges),
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
