import { sql, type RawBuilder } from 'kysely';

/** A point as stored; `step` and `id` are bigint there. */
export type PointRow = {
  readonly jobId: string;
  readonly id: bigint;
  readonly attempt: number;
  readonly name: string;
  readonly step: bigint;
  readonly epoch: number | null;
  readonly time: Date;
  readonly value: number;
};

/** PostgreSQL sorts NaN above infinity. */
const finite = sql`(value > '-infinity' and value < 'infinity')`;

/**
 * Each name and attempt of a job with its first step, found by jumping from one to the next in the index
 * (https://wiki.postgresql.org/wiki/Loose_indexscan): the time depends on how many series there are, not points.
 */
function seriesOf(jobId: string): RawBuilder<unknown> {
  return sql`series as (
    (
      select name, attempt, step as first_step from metric_points
      where job_id = ${jobId} order by name, attempt, step limit 1
    )
    union all
    select next.name, next.attempt, next.first_step
    from series cross join lateral (
      select name, attempt, step as first_step from metric_points
      where job_id = ${jobId} and (name, attempt) > (series.name, series.attempt)
      order by name, attempt, step limit 1
    ) as next
  )`;
}

/**
 * Points of each series are numbered by step and put into buckets of equal count; of each bucket the least, the
 * greatest and the first that is not finite are kept. A bucket never spans two attempts.
 */
export function seriesQuery(query: {
  readonly jobId: string;
  readonly names?: readonly string[];
  readonly limit: number;
}): RawBuilder<PointRow> {
  const { jobId, names = null, limit } = query;
  return sql<PointRow>`
    with recursive ${seriesOf(jobId)},
    first_steps as (
      select attempt, min(first_step) as step from series group by attempt
    ),
    valid as (
      select name, attempt, coalesce(
        (select min(later.step) from first_steps as later where later.attempt > series.attempt),
        9223372036854775807
      ) as before
      from series
      where ${names}::text[] is null or name = any (${names}::text[])
    ),
    counted as (
      select valid.*, points.total, points.non_finite
      from valid cross join lateral (
        select count(*) as total, count(*) filter (where not ${finite}) as non_finite
        from metric_points
        where job_id = ${jobId} and name = valid.name and attempt = valid.attempt and step < valid.before
      ) as points
    ),
    per_name as (
      select name, sum(total) as total, count(*) as attempts,
        case when sum(non_finite) > 0 then 3 else 2 end as kept_of_bucket
      from counted group by name
    ),
    sized as materialized (
      select counted.name, counted.attempt, counted.before,
        case
          when per_name.total <= ${limit}::bigint then 1
          else ceil(per_name.total / greatest(1, ${limit}::bigint / kept_of_bucket - attempts + 1))::bigint
        end as bucket_size
      from counted join per_name using (name)
    ),
    kept as (
      select bucket.id from sized cross join lateral (
        select unnest(array[
          -- The least value with its id, and the greatest with the first id that has it.
          (min(array[value, id]) filter (where ${finite}))[2],
          -(max(array[value, -id]) filter (where ${finite}))[2],
          min(id) filter (where not ${finite})
        ])::bigint as id
        from (
          select id, value, (row_number() over (order by step, id) - 1) / sized.bucket_size as bucket
          from metric_points
          where job_id = ${jobId} and name = sized.name and attempt = sized.attempt and step < sized.before
        ) as numbered
        group by numbered.bucket
      ) as bucket
    ),
    ranked as (
      select point.*, row_number() over (partition by point.name order by point.step desc, point.id desc) as place
      from (select distinct id from kept) as chosen cross join lateral (
        select * from metric_points where job_id = ${jobId} and id = chosen.id limit 1
      ) as point
    )
    select job_id, id, attempt, name, step, epoch, time, value
    from ranked where place <= ${limit}
    order by name, step, id`;
}

export function afterQuery(jobId: string, afterId: bigint, limit: number): RawBuilder<PointRow> {
  return sql<PointRow>`
    select * from metric_points where job_id = ${jobId} and id > ${afterId} order by id limit ${limit}`;
}

export function latestQuery(jobId: string): RawBuilder<{ readonly name: string; readonly value: number }> {
  return sql<{ readonly name: string; readonly value: number }>`
    with recursive ${seriesOf(jobId)}
    select names.name, point.value
    from (select distinct name from series) as names cross join lateral (
      select value from metric_points
      where job_id = ${jobId} and name = names.name and ${finite}
      order by attempt desc, step desc, id desc limit 1
    ) as point`;
}
