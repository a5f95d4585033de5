import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { Db } from '../database.ts';
import type { IdempotencyRepository, StoredResponse } from '../types.ts';

type BeginRequest = Parameters<IdempotencyRepository['begin']>[0];
type BeginAnswer = Awaited<ReturnType<IdempotencyRepository['begin']>>;

/** Takes a free key, or takes over an expired reservation of the same request. */
async function reserve(db: Db, request: BeginRequest): Promise<boolean> {
  const { key, principalId, route, bodySha256, now, lockMs } = request;
  const lockedUntil = new Date(now.getTime() + lockMs);
  const reserved = await db
    .insertInto('idempotency_keys')
    .values({ key, principalId, route, bodySha256, createdAt: now, lockedUntil })
    .onConflict((conflict) =>
      conflict
        .columns(['principalId', 'key'])
        .doUpdateSet({ lockedUntil })
        .where('idempotency_keys.response', 'is', null)
        .where('idempotency_keys.lockedUntil', '<=', now)
        .where('idempotency_keys.route', '=', route)
        .where('idempotency_keys.bodySha256', '=', bodySha256),
    )
    .returning('key')
    .executeTakeFirst();
  return reserved !== undefined;
}

async function begin(db: Db, request: BeginRequest): Promise<BeginAnswer> {
  if (await reserve(db, request)) return { kind: 'new' };
  const row = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('principalId', '=', request.principalId)
    .where('key', '=', request.key)
    .executeTakeFirst();
  // The key was released just now: the client's next try gets it.
  if (row === undefined) return { kind: 'in-flight' };
  if (row.route !== request.route || row.bodySha256 !== request.bodySha256) return { kind: 'mismatch' };
  return row.response === null ? { kind: 'in-flight' } : { kind: 'replay', response: row.response };
}

export function createIdempotency(db: Db): IdempotencyRepository {
  return {
    begin: (request) => begin(db, request),
    renew: async (key, principalId, lockedUntil) => {
      await db
        .updateTable('idempotency_keys')
        .set({ lockedUntil })
        .where('principalId', '=', principalId)
        .where('key', '=', key)
        .where('response', 'is', null)
        .execute();
    },
    complete: async (key, principalId, response) => {
      const { status, body = null, headers } = response;
      const stored: StoredResponse = { status, body, headers };
      const completed = await db
        .updateTable('idempotency_keys')
        .set({ response: sql<StoredResponse>`${JSON.stringify(stored)}::json` })
        .where('principalId', '=', principalId)
        .where('key', '=', key)
        .where('response', 'is', null)
        .returning('key')
        .executeTakeFirst();
      // The reservation has expired and another call has done the request: the transaction rolls back, with its effect.
      if (completed === undefined)
        throw new ArtenicError('conflict', 'This request was done by another in the meantime.');
    },
    abandon: async (key, principalId) => {
      await db
        .deleteFrom('idempotency_keys')
        .where('principalId', '=', principalId)
        .where('key', '=', key)
        .where('response', 'is', null)
        .execute();
    },
  };
}
