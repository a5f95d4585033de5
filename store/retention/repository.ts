import { ownValue } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import type { JobFacts, JobStage } from '../../core/retention/due.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { inTransaction, type Db } from '../database.ts';
import { ownedEdges } from '../lineage/write.ts';
import { dropPartition, ensurePartitions, partitionsOf } from '../partitions.ts';
import { isNamed, isUnsettled } from './due-jobs.ts';
import { dropPoints, duePoints } from './due-points.ts';
import type { ExpiredQuery, RetentionRepository } from '../types.ts';
import { appendAudit } from '../audit/repository.ts';

/** Tables with rows of a job, the column that refers to the job, and the stage in which the rows go. */
export const jobTables: Readonly<Record<string, { readonly by: 'job_id' | 'attempt_id'; readonly stage: JobStage }>> = {
  decisions: { by: 'job_id', stage: 'details' },
  launch_refusals: { by: 'job_id', stage: 'details' },
  job_signals: { by: 'job_id', stage: 'details' },
  job_watchers: { by: 'job_id', stage: 'details' },
  outbox: { by: 'job_id', stage: 'details' },
  log_chunks: { by: 'job_id', stage: 'details' },
  runner_events: { by: 'attempt_id', stage: 'details' },
  streams: { by: 'attempt_id', stage: 'details' },
  capacity_claims: { by: 'attempt_id', stage: 'job' },
  checkpoints: { by: 'job_id', stage: 'job' },
  metric_points: { by: 'job_id', stage: 'job' },
  metric_series: { by: 'job_id', stage: 'job' },
  metric_blocks: { by: 'job_id', stage: 'job' },
  system_metrics: { by: 'job_id', stage: 'job' },
  object_refs: { by: 'job_id', stage: 'job' },
  job_datasets: { by: 'job_id', stage: 'job' },
  runs: { by: 'job_id', stage: 'job' },
  /** Last, because the tables by attempt join it. */
  attempts: { by: 'job_id', stage: 'job' },
};

const lease = 'collector';

const columnOfStage = { checkpoints: 'checkpoints_collected_at', details: 'details_collected_at', job: null } as const;

function tablesOf(stage: JobStage): readonly string[] {
  if (stage === 'checkpoints') return [];
  return Object.keys(jobTables).filter((table) => stage === 'job' || ownValue(jobTables, table)?.stage === stage);
}

function rowsOf(table: string, jobId: string): RawBuilder<unknown> {
  const isByAttempt = ownValue(jobTables, table)?.by === 'attempt_id';
  return isByAttempt
    ? sql`from ${sql.table(table)} where attempt_id in (select id from attempts where job_id = ${jobId})`
    : sql`from ${sql.table(table)} where job_id = ${jobId}`;
}

/** Edges of the lineage that belong to the job's run. */
function edgesOfRun(jobId: string): RawBuilder<unknown> {
  return ownedEdges(sql`(select project_id from jobs where id = ${jobId})`, lineagePlace.run(jobId));
}

async function factsOf(db: Db, jobId: string, lockClause: RawBuilder<unknown> = sql``): Promise<JobFacts | null> {
  const { rows } = await sql<{ finishedAt: Date | null; unsettled: bigint; isNamed: boolean }>`
    select finished_at, ${isNamed} as is_named,
      (select count(*) from attempts where attempts.job_id = jobs.id and ${isUnsettled}) as unsettled
    from jobs where id = ${jobId} ${lockClause}`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  const finishedAtMs = row.finishedAt?.getTime() ?? null;
  return { finishedAtMs, unsettledAttempts: Number(row.unsettled), isNamedByModel: row.isNamed };
}

async function dueJobs(db: Db, stage: JobStage, before: Date, limit: number): Promise<readonly string[]> {
  const column = columnOfStage[stage];
  const isOpen = column === null ? sql`not ${isNamed}` : sql`${sql.ref(column)} is null`;
  const { rows } = await sql<{ id: string }>`
    select id from jobs
    where finished_at is not null and finished_at <= ${before} and ${isOpen}
      and not exists (select from attempts where attempts.job_id = jobs.id and ${isUnsettled})
    order by finished_at, id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

async function expired(db: Db, query: ExpiredQuery): Promise<number> {
  const { keysBefore, sessionsBefore, straysBefore, auditBefore, noticesBefore, isDryRun } = query;
  const all = [
    sql`from idempotency_keys where created_at < ${keysBefore}`,
    sql`from sign_in_links where expires_at < ${sessionsBefore}`,
    sql`from sessions where expires_at < ${sessionsBefore}`,
    sql`from stray_instances where resolved_at < ${straysBefore}`,
    sql`from audit_log where at < ${auditBefore}`,
    sql`from outbox where created_at < ${noticesBefore} and (delivered_at is not null or given_up_at is not null)`,
  ];
  let total = 0;
  for (const rows of all) total += await (isDryRun ? count(db, rows) : remove(db, rows));
  return total;
}

async function count(db: Db, rows: RawBuilder<unknown>): Promise<number> {
  const counted = await sql<{ rows: bigint }>`select count(*) as rows ${rows}`.execute(db);
  return Number(counted.rows[0]?.rows ?? 0);
}

async function remove(db: Db, rows: RawBuilder<unknown>): Promise<number> {
  return Number((await sql`delete ${rows}`.execute(db)).numAffectedRows ?? 0);
}

const finishStage: (db: Db) => RetentionRepository['finishStage'] = (db) => (stage, jobId, at, isDue) =>
  inTransaction(db, async (transaction) => {
    const facts = await factsOf(transaction, jobId, sql`for update of jobs`);
    if (facts === null || !isDue(facts)) return 0;
    if (stage === 'job') await uncount(transaction, jobId);
    let removed = 0;
    for (const table of tablesOf(stage)) removed += await remove(transaction, rowsOf(table, jobId));
    if (stage === 'job') {
      removed += await remove(transaction, edgesOfRun(jobId));
      await appendJobDeleted(transaction, jobId);
      return removed + (await remove(transaction, sql`from jobs where id = ${jobId}`));
    }
    // The sources of a model stay known as long as the model does.
    if (stage === 'details' && !facts.isNamedByModel)
      removed += await remove(transaction, rowsOf('object_refs', jobId));
    if (stage === 'checkpoints') await stripCheckpoints(transaction, jobId, sql`true`, at);
    await sql`update jobs set ${sql.ref(columnOfStage[stage])} = ${at} where id = ${jobId}`.execute(transaction);
    return removed;
  });

const dayOfEnd = sql`(jobs.finished_at at time zone 'utc')::date`;

/** Subtracts a job that is deleted. Its day may not be counted yet. */
async function uncount(db: Db, jobId: string): Promise<void> {
  await sql`
    update job_days set jobs = job_days.jobs - 1 from jobs
    where jobs.id = ${jobId} and job_days.day = ${dayOfEnd}
      and job_days.project_id = jobs.project_id and job_days.state = jobs.state`.execute(db);
}

/**
 * Counts days that ended at least a day ago. Job ends carry the database's time, so no end is added to a counted day.
 */
async function countDays(db: Db): Promise<void> {
  await sql`
    insert into job_days (day, project_id, state, jobs)
    select ${dayOfEnd}, project_id, state, count(*) from jobs
    where finished_at is not null
      and finished_at >= (select coalesce(max(day) + 1, '-infinity')::timestamp at time zone 'utc' from job_days)
      and finished_at < ((clock_timestamp() at time zone 'utc')::date - 1)::timestamp at time zone 'utc'
    group by 1, 2, 3
    on conflict do nothing`.execute(db);
}

async function appendJobDeleted(transaction: Db, jobId: string): Promise<void> {
  const job = await transaction.selectFrom('jobs').select('projectId').where('id', '=', jobId).executeTakeFirst();
  await appendAudit(transaction, { verb: 'job.delete', subject: jobId, projectId: job?.projectId ?? null });
}

/** The rows keep the times of checkpoints; their long lists of files are removed, because the files are gone. */
async function stripCheckpoints(db: Db, jobId: string, where: RawBuilder<unknown>, at: Date): Promise<void> {
  await sql`
    update checkpoints set collected_at = ${at}, manifest = jsonb_set(manifest, '{files}', '[]')
    where job_id = ${jobId} and collected_at is null and ${where}`.execute(db);
}

export function createRetention(db: Db): RetentionRepository {
  return {
    lease: async (holder, forMs) => {
      const taken = await sql`
        insert into collector_leases as lease (name, holder, until)
        values (${lease}, ${holder}, clock_timestamp() + ${forMs} * interval '1 ms')
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
          where lease.holder = excluded.holder or lease.until <= clock_timestamp()`.execute(db);
      return Number(taken.numAffectedRows ?? 0) > 0;
    },
    endLease: async (holder) => {
      await db.deleteFrom('collector_leases').where('name', '=', lease).where('holder', '=', holder).execute();
    },
    expired: (query) => expired(db, query),
    oldPartitions: async (table, untilMs) => {
      const old = (await partitionsOf(db, table)).filter((partition) => partition.untilMs <= untilMs);
      const numbered = await Promise.all(
        old.map(async ({ name }) => (await count(db, sql`from ${sql.table(name)} where sequence is null`)) === 0),
      );
      return old.filter((_, index) => numbered[index] === true);
    },
    dropPartition: async (table, name) => {
      await dropPartition(db, table, name);
    },
    duePoints: (endedBefore) => duePoints(db, endedBefore),
    dropPoints: (name, endedBefore) => dropPoints(db, name, endedBefore),
    ensurePartitions: (nowMs) => ensurePartitions(db, nowMs),
    countDays: () => countDays(db),
    dueJobs: (stage, endedBefore, limit) => dueJobs(db, stage, endedBefore, limit),
    facts: (jobId) => factsOf(db, jobId),
    countRows: async (stage, jobId) => {
      let total = stage === 'job' ? 1 + (await count(db, edgesOfRun(jobId))) : 0;
      for (const table of tablesOf(stage)) total += await count(db, rowsOf(table, jobId));
      return total;
    },
    finishStage: finishStage(db),
    jobsWithOldCheckpoints: async (after, limit) => {
      const { rows } = await sql<{ id: string }>`
        select distinct jobs.id from jobs join checkpoints on checkpoints.job_id = jobs.id
        where jobs.finished_at is null and jobs.id > ${after} and checkpoints.collected_at is null
          and checkpoints.attempt < jobs.current_attempt
        order by jobs.id limit ${limit}`.execute(db);
      return rows.map(({ id }) => id);
    },
    checkpoints: async (jobId) => {
      const places = await db
        .selectFrom('checkpoints')
        .select(['attempt', 'sequence'])
        .where('jobId', '=', jobId)
        .where('collectedAt', 'is', null)
        .orderBy('attempt', 'desc')
        .orderBy('sequence', 'desc')
        .execute();
      const open = await sql<{ attempt: number }>`
        select attempt from attempts where job_id = ${jobId} and ${isUnsettled}`.execute(db);
      return { places, openAttempts: new Set(open.rows.map(({ attempt }) => attempt)) };
    },
    unsettledAttempts: async (attemptIds) => {
      const { rows } = await sql<{ id: string }>`
        select id from attempts where id = any (${attemptIds}) and ${isUnsettled}`.execute(db);
      return new Set(rows.map(({ id }) => id));
    },
    markCheckpointsCollected: async (jobId, places, at) => {
      const attempts = places.map(({ attempt }) => attempt);
      const sequences = places.map(({ sequence }) => sequence);
      const isOne = sql`(attempt, sequence) in (select * from unnest(${attempts}::int[], ${sequences}::int[]))`;
      await stripCheckpoints(db, jobId, isOne, at);
    },
  };
}
