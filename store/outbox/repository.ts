import { sql, type Selectable } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { JobEnded } from '../../core/jobs/ended.ts';
import { json, storable, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { NoticeRecord, NoticeTarget, OutboxRepository, WatchersRepository } from '../types.ts';

/** More than any existing workflow needs, and few enough for the transaction that ends the job. */
const mostWatchers = 100;
const longestErrorChars = 2000;

const errorText = (error: string): string => storable(error.slice(0, longestErrorChars));

async function append(db: Db, ended: JobEnded, targets: readonly NoticeTarget[], at: Date): Promise<void> {
  if (targets.length === 0) return;
  const notices = targets.map(({ kind, id }) => ({
    ...{ jobId: ended.jobId, targetKind: kind, target: id, ended: json(ended) },
    ...{ createdAt: at, nextTryAt: at },
  }));
  await db
    .insertInto('outbox')
    .values(notices)
    .onConflict((conflict) => conflict.columns(['jobId', 'targetKind', 'target']).doNothing())
    .execute();
}

/** Turns the job's watchers into notices, in the transaction that ends the job. */
export async function noticeWatchers(transaction: Db, ended: JobEnded): Promise<void> {
  const watchers = await transaction
    .deleteFrom('job_watchers')
    .where('jobId', '=', ended.jobId)
    .returning(['targetKind', 'target'])
    .execute();
  const targets = watchers.map(({ targetKind, target }) => ({ kind: targetKind, id: target }));
  await append(transaction, ended, targets, new Date());
}

function toNotice(row: Selectable<Database['outbox']>): NoticeRecord {
  const { id, ended, targetKind, target, createdAt, tries } = row;
  return { id, ended, target: { kind: targetKind, id: target }, createdAt, tries };
}

export function createOutbox(db: Db): OutboxRepository {
  return {
    append: (ended, target, at) => append(db, ended, [target], at),
    due: async ({ now, limit }) => {
      const rows = await db
        .selectFrom('outbox')
        .selectAll()
        .where('deliveredAt', 'is', null)
        .where('givenUpAt', 'is', null)
        .where('nextTryAt', '<=', now)
        .orderBy('nextTryAt')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toNotice);
    },
    delivered: async (id, at) => {
      await db.updateTable('outbox').set({ deliveredAt: at }).where('id', '=', id).execute();
    },
    failed: async (id, { error, nextTryAt }) => {
      const change = { tries: sql<number>`tries + 1`, nextTryAt, lastError: errorText(error) };
      await db.updateTable('outbox').set(change).where('id', '=', id).execute();
    },
    giveUp: async (id, { error, at }) => {
      const change = { tries: sql<number>`tries + 1`, givenUpAt: at, lastError: errorText(error) };
      await db.updateTable('outbox').set(change).where('id', '=', id).where('deliveredAt', 'is', null).execute();
    },
    givenUp: async (limit) => {
      const rows = await db
        .selectFrom('outbox')
        .selectAll()
        .where('givenUpAt', 'is not', null)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        ...toNotice(row),
        givenUpAt: row.givenUpAt ?? row.createdAt,
        error: row.lastError ?? '',
      }));
    },
  };
}

export function createWatchers(db: Db): WatchersRepository {
  return {
    add: async (jobId, { kind, id }, at) => {
      const added = await db
        .insertInto('job_watchers')
        .values({ jobId, targetKind: kind, target: id, createdAt: at })
        .onConflict((conflict) => conflict.columns(['jobId', 'targetKind', 'target']).doNothing())
        .returning('jobId')
        .executeTakeFirst();
      if (added === undefined) return;
      const { count } = await db
        .selectFrom('job_watchers')
        .select((of) => of.fn.countAll<string>().as('count'))
        .where('jobId', '=', jobId)
        .executeTakeFirstOrThrow();
      if (Number(count) > mostWatchers)
        throw new ArtenicError('conflict', `The job ${jobId} has ${mostWatchers} watchers already.`);
    },
  };
}
