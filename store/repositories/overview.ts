import type { JobState } from '@artenic/core';
import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { activityKinds } from '../entities/events.ts';
import type { EventRecord, OverviewRepository } from '../types.ts';

async function timeToStart(db: Db, projectId: string, since: Date): ReturnType<OverviewRepository['timeToStart']> {
  const { rows } = await sql<{ jobs: bigint; median: number | null; p95: number | null }>`
    with started as (
      select extract(epoch from min(attempts.running_at) - jobs.created_at)::double precision * 1000 as took
      from jobs join attempts on attempts.job_id = jobs.id
      where jobs.project_id = ${projectId} and jobs.created_at >= ${since} and attempts.running_at is not null
      group by jobs.id
    )
    select count(*) as jobs,
      percentile_cont(0.5) within group (order by took) as median,
      percentile_cont(0.95) within group (order by took) as p95
    from started`.execute(db);
  const [row] = rows;
  if (row === undefined || row.median === null || row.p95 === null) return null;
  return { medianMs: Math.round(row.median), p95Ms: Math.round(row.p95), jobs: Number(row.jobs) };
}

async function activity(
  db: Db,
  { projectId, before, limit }: Parameters<OverviewRepository['activity']>[0],
): Promise<readonly EventRecord[]> {
  const { rows } = await sql<EventRecord>`
    select events.sequence, events.topic, events.kind, events.subject, events.data, events.at
    from events left join jobs on events.topic = 'jobs' and jobs.id = events.subject
    where events.sequence is not null
      and events.kind in (${sql.join(activityKinds.map((kind) => sql.lit(kind)))})
      and coalesce(jobs.project_id, events.data ->> 'projectId') = ${projectId}
      and (${before ?? null}::bigint is null or events.sequence < ${before ?? null}::bigint)
    order by events.sequence desc
    limit ${limit}`.execute(db);
  return rows;
}

export function createOverview(db: Db): OverviewRepository {
  return {
    jobsByState: async (projectId) => {
      const { rows } = await sql<{ state: JobState; jobs: bigint }>`
        select state, count(*) as jobs from jobs where project_id = ${projectId} group by state`.execute(db);
      return new Map(rows.map(({ state, jobs }) => [state, Number(jobs)]));
    },
    endedByDay: async (projectId, since) => {
      const { rows } = await sql<{ day: string; state: JobState; jobs: bigint }>`
        select to_char(finished_at at time zone 'utc', 'YYYY-MM-DD') as day, state, count(*) as jobs
        from jobs where project_id = ${projectId} and finished_at >= ${since}
        group by 1, 2`.execute(db);
      return rows.map((row) => ({ ...row, jobs: Number(row.jobs) }));
    },
    timeToStart: (projectId, since) => timeToStart(db, projectId, since),
    recoveries: async (projectId, since) => {
      const { rows } = await sql<{ recoveries: bigint }>`
        select coalesce(sum(greatest(current_attempt - 1, 0)), 0)::bigint as recoveries
        from jobs where project_id = ${projectId} and created_at >= ${since}`.execute(db);
      return Number(rows[0]?.recoveries ?? 0);
    },
    models: async (projectId) => {
      const { rows } = await sql<{ models: bigint; versions: bigint; production: bigint }>`
        select (select count(*) from models where project_id = ${projectId}) as models, count(*) as versions,
          count(*) filter (where stage = 'production') as production
        from model_versions where project_id = ${projectId}`.execute(db);
      const [row] = rows;
      return {
        models: Number(row?.models ?? 0),
        versions: Number(row?.versions ?? 0),
        inProduction: Number(row?.production ?? 0),
      };
    },
    activity: (query) => activity(db, query),
  };
}
