import type { JobState } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import { activityKinds } from '../events/entity.ts';
import type { EventRecord } from '../types.ts';

/**
 * Start of the time in which ended jobs are not yet counted by day. A separate query: with a known time the other query
 * uses an index.
 */
export const countedUntilQuery: RawBuilder<{ readonly until: Date }> = sql`
  select coalesce(max(day) + 1, '1970-01-01')::timestamp at time zone 'utc' as until from job_days`;

/** Counts open jobs and those that ended since `countedUntil`, and adds the counted days for jobs that ended before. */
export function jobsByStateQuery(
  projectId: string,
  countedUntil: Date,
): RawBuilder<{ readonly state: JobState; readonly jobs: bigint }> {
  return sql`
    select state, sum(jobs)::bigint as jobs from (
      select state, count(*) as jobs from jobs
      where project_id = ${projectId} and finished_at is null group by state
      union all
      select state, count(*) as jobs from jobs
      where project_id = ${projectId} and finished_at is not null and finished_at >= ${countedUntil}
      group by state
      union all
      select state, jobs from job_days
      where project_id = ${projectId} and day < (${countedUntil}::timestamptz at time zone 'utc')::date
    ) as counts
    group by state`;
}

export function endedByDayQuery(
  projectId: string,
  since: Date,
): RawBuilder<{ readonly day: string; readonly state: JobState; readonly jobs: bigint }> {
  return sql`
    select to_char(finished_at at time zone 'utc', 'YYYY-MM-DD') as day, state, count(*) as jobs
    from jobs where project_id = ${projectId} and finished_at >= ${since}
    group by 1, 2`;
}

export function timeToStartQuery(
  projectId: string,
  since: Date,
): RawBuilder<{ readonly jobs: bigint; readonly median: number | null; readonly p95: number | null }> {
  return sql`
    with started as (
      select extract(epoch from (
        select min(attempts.running_at) from attempts where attempts.job_id = jobs.id
      ) - created_at)::double precision * 1000 as took
      from jobs where project_id = ${projectId} and created_at >= ${since}
    )
    select count(*) as jobs,
      percentile_cont(0.5) within group (order by took) as median,
      percentile_cont(0.95) within group (order by took) as p95
    from started where took is not null`;
}

export function recoveriesQuery(projectId: string, since: Date): RawBuilder<{ readonly recoveries: bigint }> {
  return sql`
    select coalesce(sum(greatest(current_attempt - 1, 0)), 0)::bigint as recoveries
    from jobs where project_id = ${projectId} and created_at >= ${since}`;
}

export function activityQuery(query: {
  readonly projectId: string;
  readonly before?: bigint;
  readonly limit: number;
}): RawBuilder<EventRecord> {
  const { projectId, before = null, limit } = query;
  return sql<EventRecord>`
    select events.sequence, events.topic, events.kind, events.subject, events.data, events.at
    from events
    where events.sequence is not null
      and events.kind in (${sql.join(activityKinds.map((kind) => sql.lit(kind)))})
      and coalesce(
        (select jobs.project_id from jobs where events.topic = 'jobs' and jobs.id = events.subject),
        events.data ->> 'projectId'
      ) = ${projectId}
      and (${before}::bigint is null or events.sequence < ${before}::bigint)
    order by events.sequence desc
    limit ${limit}`;
}
