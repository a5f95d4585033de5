import { sql } from 'kysely';
import { localMachineOf, type InstanceRef } from '../../core/instance-ref.ts';
import type { Stray } from '../../core/reconcile/types.ts';
import { inTransaction, lock, storable, type Db } from '../database.ts';
import type { ReconcileRepository, StrayRecord } from '../types.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';

/** More are as alarming as these, and a reader cannot use them. */
const mostUnresolved = 1000;

type Strays = Pick<
  ReconcileRepository,
  'strays' | 'setStrays' | 'strayTried' | 'askRetry' | 'strayResolved' | 'unresolved'
>;

async function put(db: Db, { handle, reason, sinceMs, dueAtMs }: Stray): Promise<void> {
  const { provider, instanceId, attemptId, region } = handle;
  const since = new Date(sinceMs);
  const dueAt = dueAtMs === null ? null : new Date(dueAtMs);
  // An instance that returns after it was proved gone is a new stray.
  await sql`
    insert into stray_instances as stray
      (provider, instance_id, attempt_id, region, reason, since, due_at, price_usd_micros_per_hour)
    values (${provider}, ${instanceId}, ${attemptId}, ${region}, ${reason}, ${since}, ${dueAt},
      (select (offer ->> 'priceUsdMicrosPerHour')::bigint from attempts where id = ${attemptId}))
    on conflict (provider, instance_id) do update set
      reason = excluded.reason, since = excluded.since, due_at = excluded.due_at,
      price_usd_micros_per_hour = coalesce(excluded.price_usd_micros_per_hour, stray.price_usd_micros_per_hour),
      tries = case when stray.resolved_at is null then stray.tries else 0 end,
      last_error = case when stray.resolved_at is null then stray.last_error end,
      last_tried_at = case when stray.resolved_at is null then stray.last_tried_at end,
      told_at = case when stray.resolved_at is null then stray.told_at end,
      resolved_at = null`.execute(db);
}

/** Appends events for new strays. A stray in its grace is not reported yet. */
async function tellNew(db: Db, provider: string, at: Date): Promise<void> {
  const told = await db
    .updateTable('stray_instances')
    .set({ toldAt: at })
    .where('provider', '=', provider)
    .where('resolvedAt', 'is', null)
    .where('toldAt', 'is', null)
    .where((where) => where.or([where('dueAt', 'is', null), where('dueAt', '<=', at)]))
    .returningAll()
    .execute();
  for (const one of told) await tell(db, 'instance.unresolved', one);
}

async function resolve(db: Db, strays: readonly StrayRecord[], at: Date): Promise<void> {
  for (const { provider, instanceId } of strays) {
    const resolved = await db
      .updateTable('stray_instances')
      .set({ resolvedAt: at })
      .where('provider', '=', provider)
      .where('instanceId', '=', instanceId)
      .where('resolvedAt', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (resolved === undefined) continue;
    const details = { provider, reason: resolved.reason, tries: resolved.tries };
    await appendAudit(db, { verb: 'instance.end-stray', subject: instanceId, details });
    if (resolved.toldAt !== null) await tell(db, 'instance.resolved', resolved);
  }
}

async function tell(db: Db, kind: 'instance.unresolved' | 'instance.resolved', stray: StrayRecord): Promise<void> {
  const { provider, instanceId, attemptId, region, reason, since } = stray;
  const job = await db
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.jobId')
    .select('jobs.projectId')
    .where('attempts.id', '=', attemptId)
    .executeTakeFirst();
  // A stray of an unknown attempt is reported in the project `default`, which the operators of the platform use.
  const projectId = job?.projectId ?? 'default';
  await appendEvent(db, {
    projectId,
    topic: 'providers',
    kind,
    subject: instanceId,
    data: { projectId, provider, attemptId, region, reason, since: since.toISOString() },
  });
}

function openOf(db: Db, provider: string): Promise<StrayRecord[]> {
  return db
    .selectFrom('stray_instances')
    .selectAll()
    .where('provider', '=', provider)
    .where('resolvedAt', 'is', null)
    .execute();
}

function setStrays(db: Db, provider: string, strays: readonly Stray[], at: Date, machine?: string): Promise<void> {
  return inTransaction(db, async (transaction) => {
    await lock(transaction, `strays-${provider}`);
    const seen = new Set(strays.map(({ handle }) => handle.instanceId));
    const open = await openOf(transaction, provider);
    // Instances on other machines are missing in this machine's list, whether they live or not.
    const mayJudge = (region: string) => machine === undefined || (localMachineOf(region) ?? machine) === machine;
    await resolve(
      transaction,
      open.filter(({ instanceId, region }) => !seen.has(instanceId) && mayJudge(region)),
      at,
    );
    for (const stray of strays) await put(transaction, stray);
    await tellNew(transaction, provider, at);
  });
}

export function createStrays(db: Db): Strays {
  const openOne = ({ provider, instanceId }: InstanceRef) =>
    openOf(db, provider).then((open) => open.filter((one) => one.instanceId === instanceId));
  return {
    strays: async (provider, resolvedAfter) =>
      db
        .selectFrom('stray_instances')
        .selectAll()
        .where('provider', '=', provider)
        .where((where) => where.or([where('resolvedAt', 'is', null), where('resolvedAt', '>', resolvedAfter)]))
        .execute(),
    setStrays: (...args) => setStrays(db, ...args),
    strayTried: async ({ provider, instanceId }, at, error) => {
      await db
        .updateTable('stray_instances')
        .set({ tries: sql<number>`tries + 1`, lastTriedAt: at, lastError: error === null ? null : storable(error) })
        .where('provider', '=', provider)
        .where('instanceId', '=', instanceId)
        .where('resolvedAt', 'is', null)
        .execute();
    },
    askRetry: ({ provider, instanceId }, at) =>
      inTransaction(db, async (transaction) => {
        await transaction
          .updateTable('stray_instances')
          .set({ retryAskedAt: at })
          .where('provider', '=', provider)
          .where('instanceId', '=', instanceId)
          .where('resolvedAt', 'is', null)
          .execute();
        await appendAudit(transaction, { verb: 'instance.retry-end', subject: instanceId, details: { provider } });
      }),
    strayResolved: (handle, at) =>
      inTransaction(db, async (transaction) => resolve(transaction, await openOne(handle), at)),
    unresolved: async () =>
      db
        .selectFrom('stray_instances')
        .selectAll()
        .where('resolvedAt', 'is', null)
        .orderBy('since')
        .orderBy('instanceId')
        .limit(mostUnresolved)
        .execute(),
  };
}
