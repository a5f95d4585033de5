import { logStreams } from '@artenic/core';
import { sql } from 'kysely';
import { fromNow, inTransaction, type Db } from '../database.ts';
import type { StreamKey, StreamsRepository } from '../types.ts';

const byKey = ({ attemptId, stream }: StreamKey) => sql<boolean>`attempt_id = ${attemptId} and stream = ${stream}`;

/** Creates a missing row. */
async function ensure(transaction: Db, { attemptId, stream }: StreamKey): Promise<void> {
  await transaction
    .insertInto('streams')
    .values({ attemptId, stream, nextOffset: 0n })
    .onConflict((conflict) => conflict.columns(['attemptId', 'stream']).doNothing())
    .execute();
}

export function createStreams(db: Db): StreamsRepository {
  return {
    claim: (key, from, to, points) =>
      inTransaction(db, async (transaction) => {
        await ensure(transaction, key);
        const { numUpdatedRows } = await transaction
          .updateTable('streams')
          .set({ nextOffset: BigInt(to), points: sql<bigint>`points + ${points}::bigint` })
          .where(byKey(key))
          .where('nextOffset', '=', BigInt(from))
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    points: async (jobId) => {
      const { points } = await db
        .selectFrom('streams')
        .select((of) => of.fn.sum<string | null>('points').as('points'))
        .where('attemptId', 'in', (select) => select.selectFrom('attempts').select('id').where('jobId', '=', jobId))
        .executeTakeFirstOrThrow();
      return Number(points ?? 0);
    },
    claimTail: (key, from, to, at) =>
      inTransaction(db, async (transaction) => {
        await ensure(transaction, key);
        const row = await transaction
          .updateTable('streams')
          .set({
            nextOffset: BigInt(to),
            tailBytes: sql<bigint>`tail_bytes + ${to - from}::bigint`,
            tailSince: sql<Date>`coalesce(tail_since, ${at})`,
            settledAt: null,
          })
          .where(byKey(key))
          .where('nextOffset', '=', BigInt(from))
          .returning('tailBytes')
          .executeTakeFirst();
        return row === undefined ? null : Number(row.tailBytes);
      }),
    end: async (key) => {
      const row = await db
        .selectFrom('streams')
        .select(['nextOffset', 'tailBytes'])
        .where(byKey(key))
        .executeTakeFirst();
      return { nextOffset: Number(row?.nextOffset ?? 0n), tailBytes: Number(row?.tailBytes ?? 0n) };
    },
    ...createPacking(db),
  };
}

/** Leases for moving a log's bytes into objects, and the logs that are due. */
function createPacking(db: Db): Pick<StreamsRepository, 'lease' | 'endLease' | 'withTail' | 'unsettled' | 'settle'> {
  return {
    lease: async (key, holder, forMs) => {
      const { numUpdatedRows } = await db
        .updateTable('streams')
        .set({ packedBy: holder, packedUntil: fromNow(forMs) })
        .where(byKey(key))
        .where(sql<boolean>`(packed_by = ${holder} or coalesce(packed_until, '-infinity') < clock_timestamp())`)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    endLease: async (key, holder) => {
      await db
        .updateTable('streams')
        .set({ packedBy: null, packedUntil: null })
        .where(byKey(key))
        .where('packedBy', '=', holder)
        .execute();
    },
    withTail: async ({ olderThan, bytes, limit }) =>
      db
        .selectFrom('streams')
        .select(['attemptId', 'stream'])
        .where('tailSince', 'is not', null)
        .where((either) => either.or([either('tailSince', '<', olderThan), either('tailBytes', '>=', BigInt(bytes))]))
        .where(sql<boolean>`coalesce(packed_until, '-infinity') < clock_timestamp()`)
        .orderBy('tailSince')
        .limit(limit)
        .execute(),
    unsettled: async ({ endedBefore, limit }) =>
      db
        .selectFrom('streams')
        .innerJoin('attempts', 'attempts.id', 'streams.attemptId')
        .select(['streams.attemptId', 'streams.stream'])
        .where('streams.settledAt', 'is', null)
        .where('streams.stream', 'in', [...logStreams])
        .where('attempts.endedAt', '<', endedBefore)
        .where(sql<boolean>`coalesce(packed_until, '-infinity') < clock_timestamp()`)
        .orderBy('attempts.endedAt')
        .limit(limit)
        .execute(),
    settle: async (key, nextOffset, at) => {
      await db
        .updateTable('streams')
        .set({ settledAt: at })
        .where(byKey(key))
        .where('nextOffset', '=', BigInt(nextOffset))
        .where('tailBytes', '=', 0n)
        .execute();
    },
  };
}
