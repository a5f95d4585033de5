import { sql, type Selectable } from 'kysely';
import { grantOrder, inGrantOrder, sumCapacity } from '../../core/capacity/grant.ts';
import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';
import { inTransaction, lock, type Db } from '../database.ts';
import type { Database } from '../entities/index.ts';
import type { CapacityRepository } from '../types.ts';

type ClaimRow = Selectable<Database['capacity_claims']>;

function toClaim(row: ClaimRow): CapacityClaim {
  const { attemptId, vcpu, memoryGib, gpus, priority, submittedAtMs } = row;
  return { attemptId, needs: { vcpu, memoryGib, gpus }, priority, submittedAtMs: Number(submittedAtMs) };
}

async function claimsOf(
  db: Db,
  provider: string,
): Promise<{ readonly waiting: readonly CapacityClaim[]; readonly inUse: Capacity }> {
  const rows = await db.selectFrom('capacity_claims').selectAll().where('provider', '=', provider).execute();
  const granted = rows.filter((row) => row.grantedAt !== null);
  return {
    waiting: rows.filter((row) => row.grantedAt === null).map(toClaim),
    inUse: sumCapacity(granted),
  };
}

async function claim(db: Db, provider: string, wanted: CapacityClaim): Promise<void> {
  const { attemptId, needs, priority, submittedAtMs } = wanted;
  const { vcpu, memoryGib, gpus } = needs;
  await db
    .insertInto('capacity_claims')
    .values({ attemptId, provider, vcpu, memoryGib, gpus, priority, submittedAtMs: BigInt(submittedAtMs) })
    .onConflict((conflict) => conflict.column('attemptId').doNothing())
    .execute();
}

function grant(db: Db, provider: string, total: Capacity): Promise<readonly string[]> {
  return inTransaction(db, async (transaction) => {
    await lock(transaction, `capacity:${provider}`);
    const { waiting, inUse } = await claimsOf(transaction, provider);
    const granted = grantOrder(waiting, inUse, total).map(({ attemptId }) => attemptId);
    if (granted.length === 0) return granted;
    const rows = await transaction
      .updateTable('capacity_claims')
      .set({ grantedAt: sql<Date>`clock_timestamp()` })
      .where('attemptId', 'in', granted)
      .returning('attemptId')
      .execute();
    // Released in the meantime: not granted.
    const updated = new Set(rows.map(({ attemptId }) => attemptId));
    return granted.filter((attemptId) => updated.has(attemptId));
  });
}

export function createCapacity(db: Db): CapacityRepository {
  return {
    claim: (provider, wanted) => claim(db, provider, wanted),
    grant: (provider, total) => grant(db, provider, total),
    isGranted: async (attemptId) => {
      const row = await db
        .selectFrom('capacity_claims')
        .select('grantedAt')
        .where('attemptId', '=', attemptId)
        .executeTakeFirst();
      return row !== undefined && row.grantedAt !== null;
    },
    release: async (attemptId) => {
      await db.deleteFrom('capacity_claims').where('attemptId', '=', attemptId).execute();
    },
    positions: async (provider) => {
      const { waiting } = await claimsOf(db, provider);
      return new Map(inGrantOrder(waiting).map(({ attemptId }, index) => [attemptId, index + 1]));
    },
    inUse: async (provider) => (await claimsOf(db, provider)).inUse,
  };
}
