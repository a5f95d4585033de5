import { sql } from 'kysely';
import { capacityTolerance, fits, grantOrder, sumCapacity } from '../../core/capacity/grant.ts';
import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';
import { inTransaction, lock, type Db } from '../database.ts';
import type { CapacityRepository } from '../types.ts';

/** Waiting claims that one pass of a grant reads. The next batch is read only if all of this one fit. */
const batchSize = 64;

/** The order of grants, as in the index `capacity_claims_queue`: higher priority, earlier submit, then id. */
const place = sql`(-priority), submitted_at_ms, attempt_id`;

/**
 * The first waiting claims that fit into the total capacity. Larger claims are skipped and hold back no other claim.
 */
async function firstWaiting(db: Db, provider: string, total: Capacity): Promise<readonly CapacityClaim[]> {
  const rows = await db
    .selectFrom('capacity_claims')
    .selectAll()
    .where('provider', '=', provider)
    .where('grantedAt', 'is', null)
    .where('vcpu', '<=', total.vcpu + capacityTolerance)
    .where('memoryGib', '<=', total.memoryGib + capacityTolerance)
    .where('gpus', '<=', total.gpus)
    .orderBy(place)
    .limit(batchSize)
    .execute();
  return rows.map(({ attemptId, vcpu, memoryGib, gpus, priority, submittedAtMs }) => ({
    attemptId,
    needs: { vcpu, memoryGib, gpus },
    priority,
    submittedAtMs: Number(submittedAtMs),
  }));
}

/** Granted claims are few: at most as many as fit into the capacity. */
async function inUse(db: Db, provider: string): Promise<Capacity> {
  const granted = await db
    .selectFrom('capacity_claims')
    .select(['vcpu', 'memoryGib', 'gpus'])
    .where('provider', '=', provider)
    .where('grantedAt', 'is not', null)
    .execute();
  return sumCapacity(granted);
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

/** Claims that were released in the meantime are not granted. */
async function markGranted(db: Db, attemptIds: readonly string[]): Promise<readonly string[]> {
  const now = sql<Date>`clock_timestamp()`;
  const rows = await db
    .updateTable('capacity_claims')
    .set({ grantedAt: now, wokenAt: now })
    .where('attemptId', 'in', attemptIds)
    .returning('attemptId')
    .execute();
  const updated = new Set(rows.map(({ attemptId }) => attemptId));
  return attemptIds.filter((attemptId) => updated.has(attemptId));
}

function grant(db: Db, provider: string, total: Capacity): Promise<readonly string[]> {
  return inTransaction(db, async (transaction) => {
    await lock(transaction, `capacity:${provider}`);
    const granted: string[] = [];
    for (;;) {
      const waiting = await firstWaiting(transaction, provider, total);
      const next = grantOrder(waiting, await inUse(transaction, provider), total);
      if (next.length > 0)
        granted.push(
          ...(await markGranted(
            transaction,
            next.map(({ attemptId }) => attemptId),
          )),
        );
      if (next.length < batchSize) return granted;
    }
  });
}

/** Each place is a count over a part of the queue's index. */
async function positions(db: Db, attemptIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (attemptIds.length === 0) return new Map();
  const { rows } = await sql<{ attemptId: string; position: number }>`
    select c.attempt_id as "attemptId", (
      select count(*)::int from capacity_claims o
      where o.provider = c.provider and o.granted_at is null
        and ((-o.priority), o.submitted_at_ms, o.attempt_id) <= ((-c.priority), c.submitted_at_ms, c.attempt_id)
    ) as position
    from capacity_claims c where c.attempt_id = any (${attemptIds}) and c.granted_at is null`.execute(db);
  return new Map(rows.map((row) => [row.attemptId, row.position]));
}

async function outlook(db: Db, provider: string, total: Capacity, wanted: CapacityClaim) {
  const { needs, priority, submittedAtMs, attemptId } = wanted;
  const { rows } = await sql<Capacity & { readonly ahead: number }>`
    select count(*)::int as ahead, coalesce(sum(vcpu), 0) as vcpu, coalesce(sum(memory_gib), 0) as "memoryGib",
      coalesce(sum(gpus), 0)::int as gpus
    from capacity_claims where provider = ${provider} and granted_at is null
      and ((-priority), submitted_at_ms, attempt_id) < (${-priority}::int, ${submittedAtMs}::bigint, ${attemptId}::text)
      and vcpu <= ${total.vcpu + capacityTolerance} and memory_gib <= ${total.memoryGib + capacityTolerance}
      and gpus <= ${total.gpus}`.execute(db);
  const { ahead = 0, ...waiting } = rows[0] ?? { vcpu: 0, memoryGib: 0, gpus: 0 };
  return { ahead, hasRoom: fits(needs, sumCapacity([await inUse(db, provider), waiting]), total) };
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
    positions: (attemptIds) => positions(db, attemptIds),
    inUse: (provider) => inUse(db, provider),
    outlook: (provider, total, wanted) => outlook(db, provider, total, wanted),
    hold: (provider) => lock(db, `capacity:${provider}`),
    wakeAgain: async ({ quietMs, limit }) => {
      const { rows } = await sql<{ attemptId: string }>`
        update capacity_claims set woken_at = clock_timestamp() where attempt_id in (
          select c.attempt_id from capacity_claims c join attempts a on a.id = c.attempt_id
          where c.granted_at is not null and a.state = 'waiting'
            and c.woken_at < clock_timestamp() - ${quietMs} * interval '1 ms'
          limit ${limit} for update of c skip locked
        ) returning attempt_id as "attemptId"`.execute(db);
      return rows.map(({ attemptId }) => attemptId);
    },
  };
}
