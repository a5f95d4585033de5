import { inTransaction, type Db } from '../database.ts';
import type { StreamName, StreamsRepository } from '../types.ts';

/** Makes the row when it is missing, and locks it either way. */
async function lockStream(transaction: Db, attemptId: string, stream: StreamName): Promise<number> {
  const row = await transaction
    .insertInto('streams')
    .values({ attemptId, stream, nextOffset: 0n })
    .onConflict((conflict) =>
      conflict.columns(['attemptId', 'stream']).doUpdateSet((set) => ({ nextOffset: set.ref('streams.nextOffset') })),
    )
    .returning('nextOffset')
    .executeTakeFirstOrThrow();
  return Number(row.nextOffset);
}

export function createStreams(db: Db): StreamsRepository {
  return {
    advance: (attemptId, stream, offset, bytes) =>
      inTransaction(db, async (transaction) => {
        const expectedOffset = await lockStream(transaction, attemptId, stream);
        if (offset > expectedOffset) return { kind: 'mismatch', expectedOffset };
        const skip = Math.min(bytes, expectedOffset - offset);
        await transaction
          .updateTable('streams')
          .set({ nextOffset: BigInt(expectedOffset + bytes - skip) })
          .where('attemptId', '=', attemptId)
          .where('stream', '=', stream)
          .execute();
        return { kind: 'append', skip };
      }),
    claim: (attemptId, stream, from, to) =>
      inTransaction(db, async (transaction) => {
        await transaction
          .insertInto('streams')
          .values({ attemptId, stream, nextOffset: 0n })
          .onConflict((conflict) => conflict.columns(['attemptId', 'stream']).doNothing())
          .execute();
        const { numUpdatedRows } = await transaction
          .updateTable('streams')
          .set({ nextOffset: BigInt(to) })
          .where('attemptId', '=', attemptId)
          .where('stream', '=', stream)
          .where('nextOffset', '=', BigInt(from))
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    nextOffset: async (attemptId, stream) => {
      const row = await db
        .selectFrom('streams')
        .select('nextOffset')
        .where('attemptId', '=', attemptId)
        .where('stream', '=', stream)
        .executeTakeFirst();
      return Number(row?.nextOffset ?? 0n);
    },
  };
}
