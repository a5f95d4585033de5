import type { RunningSpan } from '../../core/jobs/running-time.ts';
import { attemptStates, type AttemptState } from '@artenic/core';
import { sql, type Selectable, type UpdateObject } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { parseAttemptId } from '../../core/ids.ts';
import { inTransaction, json, storable, type Db } from '../database.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { Database } from '../entities.ts';
import type { EndingCount, Offer } from '../../core/failover/types.ts';
import type { AttemptRecord, AttemptsRepository, BilledTimes, NewAttempt, NextLaunchOfAttempt } from '../types.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';
import { appendEvent } from '../events/repository.ts';
import { noteOffer } from '../jobs/placement.ts';
import { refreshCosts } from '../jobs/costs.ts';
import { billedJobs } from './billed.ts';
import { createFirstKept } from './first-kept.ts';
import { hear } from './hear.ts';
import { createLaunchLeases } from './launch-leases.ts';
import { createSilence } from './silent.ts';

type AttemptRow = Selectable<Database['attempts']>;
type AttemptChange = UpdateObject<Database, 'attempts'>;

/** The order of the states, in which an attempt only moves forward. */
const order: readonly AttemptState[] = attemptStates;

function attemptNotFound(id: string): ArtenicError {
  return new ArtenicError('not-found', `There is no attempt ${id}.`);
}

async function find(db: Db, id: string): Promise<AttemptRow | null> {
  return (await db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

async function get(db: Db, id: string): Promise<AttemptRow> {
  const row = await find(db, id);
  if (row === null) throw attemptNotFound(id);
  return row;
}

async function lockAttempt(transaction: Db, id: string): Promise<AttemptRow> {
  const row = await transaction
    .selectFrom('attempts')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) throw attemptNotFound(id);
  return row;
}

async function update(db: Db, id: string, change: AttemptChange): Promise<AttemptRow> {
  const row = await db.updateTable('attempts').set(change).where('id', '=', id).returningAll().executeTakeFirst();
  if (row === undefined) throw attemptNotFound(id);
  return row;
}

function appendStateEvent(transaction: Db, attempt: AttemptRecord): Promise<void> {
  const { jobId, state, ending } = attempt;
  return appendEvent(transaction, {
    topic: `job:${jobId}`,
    kind: 'attempt.state',
    subject: attempt.id,
    data: { jobId, attempt: attempt.attempt, state, ending },
  });
}

/** Launches use the same provider prices for minutes, so most calls write nothing. */
async function notePrice(transaction: Db, { provider, billing }: AttemptRecord['offer']): Promise<void> {
  if (billing === undefined) return;
  await sql`
    insert into provider_prices as held (provider, priced_at) values (${provider}, ${new Date(billing.pricedAt)})
    on conflict (provider) do update set priced_at = excluded.priced_at where held.priced_at < excluded.priced_at`.execute(
    transaction,
  );
}

function open(db: Db, attempt: NewAttempt): Promise<AttemptRecord> {
  const { id, jobId, reason, createdAt } = attempt;
  return inTransaction(db, async (transaction) => {
    const made = await transaction
      .insertInto('attempts')
      .values({
        id,
        jobId,
        attempt: attempt.attempt,
        offer: json(attempt.offer),
        reason,
        state: 'waiting',
        createdAt,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (made === undefined) return get(transaction, id);
    await notePrice(transaction, attempt.offer);
    await noteOffer(transaction, jobId, attempt.offer);
    await appendStateEvent(transaction, made);
    return made;
  });
}

function stampOf(to: AttemptState, at: Date): AttemptChange {
  if (to === 'launching') return { launchedAt: at };
  return to === 'running' ? { runningAt: at } : {};
}

function hello(db: Db, id: string, tokenHash: string, at: Date): Promise<AttemptRecord> {
  return inTransaction(db, async (transaction) => {
    const attempt = await lockAttempt(transaction, id);
    if (attempt.state === 'ended') throw new ArtenicError('fenced', `Attempt ${id} has ended.`);
    if (attempt.tokenHash === tokenHash) return attempt;
    if (attempt.tokenHash !== null) throw new ArtenicError('fenced', `Another runner has taken attempt ${id}.`);
    return update(transaction, id, { tokenHash, helloAt: at, lastHeartbeatAt: at });
  });
}

/** A number that has not grown, from a late heartbeat or a stalled delivery, changes nothing. */
function movedTo(movedBytes: number, at: Date): AttemptChange {
  const hasGrown = sql`${movedBytes}::bigint > coalesce(delivery_moved_bytes, -1)`;
  return {
    deliveryMovedBytes: sql<bigint>`greatest(delivery_moved_bytes, ${movedBytes}::bigint)`,
    deliveryMovedAt: sql<Date>`case when ${hasGrown} then ${at}::timestamptz else delivery_moved_at end`,
  };
}

const columnsOfJobs = [
  ...(['id', 'jobId', 'attempt', 'offer', 'state', 'handle', 'createdAt', 'launchedAt', 'instanceSince'] as const),
  ...(['helloAt', 'runningAt', 'lastHeartbeatAt', 'runnerOverAt', 'endedAt', 'launchTriedAt'] as const),
  ...(['billedFrom', 'billedUntil', 'terminateTriedAt', 'terminationConfirmedAt'] as const),
  ...(['terminateRefusedAt', 'terminateRefusals', 'terminateError'] as const),
] as const;

const ofJobs: (db: Db) => AttemptsRepository['ofJobs'] = (db) => async (jobIds) => {
  if (jobIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('attempts')
    .select(columnsOfJobs)
    .where(sql<boolean>`job_id = any (${jobIds})`)
    .orderBy('attempt')
    .execute();
  return Map.groupBy(rows, ({ jobId }) => jobId);
};

async function setBilled(db: Db, instance: InstanceRef, { from, until }: BilledTimes) {
  const { attemptId, instanceId } = instance;
  const open = db
    .updateTable('attempts')
    .where('id', '=', attemptId)
    .where('billedUntil', 'is', null)
    .where(sql<boolean>`coalesce(handle ->> 'instanceId', ${instanceId}) = ${instanceId}`);
  if (until !== null) await open.set({ billedFrom: from, billedUntil: until }).execute();
  else if (from !== null) await open.set({ billedFrom: from }).where('billedFrom', 'is', null).execute();
  const jobId = parseAttemptId(attemptId)?.jobId;
  if (jobId !== undefined) await refreshCosts(db, [jobId], new Date());
}

/** Enough for every failover rule that looks at single attempts. */
const newestOfJob = 50;

async function newest(db: Db, jobId: string): Promise<readonly AttemptRecord[]> {
  const rows = await db
    .selectFrom('attempts')
    .selectAll()
    .where('jobId', '=', jobId)
    .orderBy('attempt', 'desc')
    .limit(newestOfJob)
    .execute();
  return rows.toReversed();
}

const endings: (db: Db, jobId: string) => ReturnType<AttemptsRepository['endings']> = async (db, jobId) => {
  const { rows } = await sql<EndingCount & { readonly offers: readonly Offer[] | null }>`
    select ending ->> 'kind' as kind,
      case when ending ->> 'kind' = 'failed' then (ending ->> 'exitCode')::int end as "exitCode",
      count(*)::int as count,
      jsonb_agg(offer) filter (where ending ->> 'kind' = 'launch-failed') as offers
    from attempts where job_id = ${jobId} and ending is not null group by 1, 2 order by 1, 2`.execute(db);
  return {
    endings: rows.map(({ kind, exitCode, count }) => ({ kind, exitCode, count })),
    ruledOut: rows.flatMap(({ offers }) => offers ?? []),
  };
};

function runningSpans(db: Db, jobId: string): Promise<readonly RunningSpan[]> {
  return db
    .selectFrom('attempts')
    .select(['attempt', 'helloAt', 'lastHeartbeatAt', 'runnerOverAt', 'endedAt'])
    .where('jobId', '=', jobId)
    .where('helloAt', 'is not', null)
    .execute();
}

async function moveLaunch(db: Db, id: string, to: NextLaunchOfAttempt): Promise<void> {
  const { launch, offer, reason, at } = to;
  const moved = await db
    .updateTable('attempts')
    .set({ launch, offer: json(offer), reason: storable(reason), launchedAt: at })
    .where('id', '=', id)
    .where('launch', '<', launch)
    .returning('jobId')
    .executeTakeFirst();
  if (moved !== undefined) await noteOffer(db, moved.jobId, offer);
}

const end = (
  db: Db,
  ...[id, ending, at]: Parameters<AttemptsRepository['end']>
): ReturnType<AttemptsRepository['end']> =>
  inTransaction(db, async (transaction) => {
    const attempt = await lockAttempt(transaction, id);
    if (attempt.ending !== null) return attempt.ending;
    const stored = { ...ending, message: storable(ending.message) };
    const ended = await update(transaction, id, { state: 'ended', ending: json(stored), endedAt: at });
    await appendStateEvent(transaction, ended);
    return stored;
  });

export function createAttempts(db: Db): AttemptsRepository {
  return {
    open: (attempt) => open(db, attempt),
    find: (id) => find(db, id),
    get: (id) => get(db, id),
    hear: hear(db),
    newest: (jobId) => newest(db, jobId),
    endings: (jobId) => endings(db, jobId),
    runningSpans: (jobId) => runningSpans(db, jobId),
    moveLaunch: (id, to) => moveLaunch(db, id, to),
    listByJob: async (jobId) =>
      db.selectFrom('attempts').selectAll().where('jobId', '=', jobId).orderBy('attempt').execute(),
    page: async ({ jobId, cursor, limit }) => {
      let rows = db.selectFrom('attempts').selectAll().where('jobId', '=', jobId);
      if (cursor !== undefined) rows = rows.where('attempt', '>', Number(decodeNumberCursor(cursor)));
      return toPage(
        await rows
          .orderBy('attempt')
          .limit(limit + 1)
          .execute(),
        limit,
        (row): AttemptRecord => row,
        ({ attempt }) => [String(attempt)],
      );
    },
    billedJobs: (after, limit) => billedJobs(db, after, limit),
    ofJobs: ofJobs(db),
    setBilled: (instance, billed) => setBilled(db, instance, billed),
    advance: (id, to, at) =>
      inTransaction(db, async (transaction) => {
        const attempt = await lockAttempt(transaction, id);
        if (order.indexOf(to) <= order.indexOf(attempt.state)) return attempt;
        const moved = await update(transaction, id, { state: to, ...stampOf(to, at) });
        await appendStateEvent(transaction, moved);
        return moved;
      }),
    ...createFirstKept(db, attemptNotFound),
    setHandle: async (id, handle, at) => {
      await update(db, id, { handle: json(handle), instanceSince: sql<Date>`coalesce(instance_since, ${at})` });
    },
    hello: (id, tokenHash, at) => hello(db, id, tokenHash, at),
    heartbeat: async (id, at, movedBytes) => {
      const sign: AttemptChange = { lastHeartbeatAt: sql<Date>`greatest(last_heartbeat_at, ${at})` };
      const change = movedBytes === undefined ? sign : { ...sign, ...movedTo(movedBytes, at) };
      await db.updateTable('attempts').set(change).where('id', '=', id).execute();
    },
    ...createSilence(db),
    runnerOver: async (id, at) => {
      await update(db, id, { runnerOverAt: sql<Date>`coalesce(runner_over_at, ${at})` });
    },
    notice: async (id, deadlineAt, at) => {
      await update(db, id, {
        noticedAt: sql<Date>`coalesce(noticed_at, ${at})`,
        noticeDeadlineAt: sql<Date>`least(notice_deadline_at, ${deadlineAt})`,
      });
    },
    release: async (id, at) => {
      await update(db, id, { releasedAt: sql<Date>`coalesce(released_at, ${at})` });
    },
    ...createLaunchLeases(db),
    setRestoredFrom: async (id, name) => {
      await update(db, id, { restoredFrom: name });
    },
    requestStop: async (id, reason) => {
      await update(db, id, { stopRequested: sql<typeof reason>`coalesce(stop_requested, ${reason})` });
    },
    end: (id, ending, at) => end(db, id, ending, at),
  };
}
