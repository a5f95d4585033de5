import { sql, type UpdateObject } from 'kysely';
import { parseAttemptId } from '../../core/ids.ts';
import { json, storable, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { FinishedSweep, ReconcileRepository, SweptAttempt, SweptAttemptsQuery } from '../types.ts';
import { refreshCosts } from '../jobs/costs.ts';
import { createStrays } from './strays.ts';

async function attempts(db: Db, { provider, attemptIds, limit }: SweptAttemptsQuery): Promise<readonly SweptAttempt[]> {
  const { rows } = await sql<SweptAttempt>`
    with wanted as (
      (
        select id from attempts
        where (ended_at is null or termination_confirmed_at is null) and offer ->> 'provider' = ${provider}
        order by created_at, id limit ${limit}
      )
      union
      select id from attempts where id = any (${attemptIds})
    )
    select attempts.id, attempts.job_id, attempts.attempt, attempts.handle, attempts.ended_at, attempts.launch_tried_at,
      attempts.terminate_tried_at, attempts.termination_confirmed_at, attempts.unwatched_at,
      attempts.billed_until, attempts.machine, attempts.unlisted_at, jobs.state as job_state, jobs.current_attempt
    from wanted join attempts on attempts.id = wanted.id join jobs on jobs.id = attempts.job_id`.execute(db);
  return rows;
}

async function finishSweep(db: Db, sweep: FinishedSweep): Promise<void> {
  const { provider, startedAt, finishedAt } = sweep;
  const outcome =
    'error' in sweep
      ? { error: storable(sweep.error) }
      : { error: null, findings: json(sweep.findings), succeededAt: finishedAt };
  await db
    .insertInto('provider_sweeps')
    .values({ provider, startedAt, finishedAt, ...outcome })
    .onConflict((conflict) => conflict.column('provider').doUpdateSet({ startedAt, finishedAt, ...outcome }))
    .execute();
}

/** Compares with the middle of the query, so that its round trip does not count. */
async function clockSkewMs(db: Db): Promise<number> {
  const before = Date.now();
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  const middle = (before + Date.now()) / 2;
  const [row] = rows;
  return row === undefined ? 0 : Math.round(middle - row.now.getTime());
}

export function createReconcile(db: Db): ReconcileRepository {
  const mark = (ids: readonly string[], change: UpdateObject<Database, 'attempts'>) =>
    db
      .updateTable('attempts')
      .set(change)
      .where(sql<boolean>`id = any (${ids})`)
      .execute();
  return {
    ...createStrays(db),
    launchTried: async (id, at) => {
      await mark([id], { launchTriedAt: at });
    },
    terminateTried: async (id, at, refusal) => {
      await mark([id], {
        terminateTriedAt: sql<Date>`coalesce(terminate_tried_at, ${at})`,
        terminateRefusedAt: refusal === null ? null : sql<Date>`coalesce(terminate_refused_at, ${at})`,
        terminateRefusals: refusal === null ? 0 : sql<number>`terminate_refusals + 1`,
        terminateError: refusal === null ? null : storable(refusal),
      });
    },
    unlisted: async (ids, at) => {
      await mark(ids, { unlistedAt: sql<Date>`coalesce(unlisted_at, ${at})` });
    },
    confirmTermination: async (ids, at) => {
      await mark(ids, { terminationConfirmedAt: sql<Date>`coalesce(termination_confirmed_at, ${at})` });
      await refreshCosts(db, [...new Set(ids.flatMap((id) => parseAttemptId(id)?.jobId ?? []))], at);
    },
    denyTermination: async (id) => {
      await mark([id], { terminationConfirmedAt: null });
    },
    attempts: (query) => attempts(db, query),
    setWatched: async ({ watched, unwatched, at }) => {
      await mark(watched, { unwatchedAt: null });
      await mark(unwatched, { unwatchedAt: sql<Date>`coalesce(unwatched_at, ${at})` });
    },
    finishSweep: (sweep) => finishSweep(db, sweep),
    sweeps: async () => db.selectFrom('provider_sweeps').selectAll().orderBy('provider').execute(),
    pricedAt: async () => {
      const rows = await db.selectFrom('provider_prices').selectAll().execute();
      return new Map(rows.map(({ provider, pricedAt }) => [provider, pricedAt]));
    },
    clockSkewMs: () => clockSkewMs(db),
  };
}
