import type { SeriesExtremes } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import { blockSizes } from './blocks.ts';

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
 * A name with more points than `points` times the limit is read from its small blocks, and above `small` times the
 * limit from its large ones.
 */
const mostOfLimit = { points: 4, small: 4 * 16 } as const;

/**
 * The names and attempts of a job, each with the step from which on a later attempt (of any name) replaces its points.
 */
function validSeries(jobId: string, names: readonly string[] | null): RawBuilder<unknown> {
  return sql`first_steps as (
      select attempt,
        coalesce(
          min(min(first_step)) over (order by attempt desc rows between unbounded preceding and 1 preceding),
          9223372036854775807
        ) as before
      from metric_series where job_id = ${jobId} group by attempt
    ),
    valid as (
      select series.name, series.attempt, first_steps.before,
        case when first_steps.before = 9223372036854775807 then series.points else coalesce((
          select sum(points) from metric_blocks
          where job_id = ${jobId} and attempt = series.attempt and name = series.name
            and size = ${sql.lit(blockSizes.large)} and first_step < first_steps.before
        ), 0) end as points
      from metric_series as series join first_steps using (attempt)
      where series.job_id = ${jobId} and series.first_step < first_steps.before
        and (${names}::text[] is null or series.name = any (${names}::text[]))
    ),
    -- Of each name: its points themselves, or blocks of so many.
    sized as materialized (
      select valid.*, sum(points) over (partition by name) as total from valid
    )`;
}

const pointColumns = sql.raw(
  'point.job_id, point.id, point.attempt, point.name, point.step, point.epoch, point.time, point.value',
);

/**
 * Candidate points for a name's line: all its points, or those that its blocks name, plus the points of a block that a
 * later attempt cuts.
 */
function candidates(jobId: string, limit: number): RawBuilder<unknown> {
  const [small, large] = [sql.lit(blockSizes.small), sql.lit(blockSizes.large)];
  const most = mostOfLimit.points * limit;
  // With rising steps a later attempt cuts only one block.
  const mostCut = Math.max(most, 4 * blockSizes.large);
  return sql`blocked as materialized (
      select name, attempt, before,
        case when total <= ${mostOfLimit.small * limit}::bigint then ${small} else ${large} end as size
      from sized where total > ${most}::bigint
    ),
    candidates as materialized (
      select ${pointColumns}
      from sized cross join lateral (
        select * from metric_points
        where job_id = ${jobId} and name = sized.name and attempt = sized.attempt and step < sized.before
      ) as point
      where sized.total <= ${most}::bigint
      union
      select ${pointColumns}
      from blocked join metric_blocks as block
        on block.job_id = ${jobId} and block.attempt = blocked.attempt and block.name = blocked.name
          and block.size = blocked.size and block.last_step < blocked.before
        cross join lateral unnest(
          array[block.first_id, block.last_id, block.least_id, block.greatest_id, block.non_finite_id]
        ) as chosen (id)
        cross join lateral (
          select * from metric_points where job_id = ${jobId} and id = chosen.id limit 1
        ) as point
      union
      select ${pointColumns}
      from blocked cross join lateral (
        select * from metric_points
        where job_id = ${jobId} and name = blocked.name and attempt = blocked.attempt and step < blocked.before
          and step >= (
            select min(first_step) from metric_blocks
            where job_id = ${jobId} and attempt = blocked.attempt and name = blocked.name and size = blocked.size
              and first_step < blocked.before and last_step >= blocked.before
          )
        order by step desc, id desc limit ${mostCut}
      ) as point
    )`;
}

/**
 * Numbers the candidates of each series by step and puts them into buckets of equal count. Of each bucket the least,
 * the greatest and the first point that is not finite are kept. A bucket never spans two attempts.
 */
export function seriesQuery(query: {
  readonly jobId: string;
  readonly names?: readonly string[];
  readonly limit: number;
}): RawBuilder<PointRow> {
  const { jobId, names = null, limit } = query;
  return sql<PointRow>`
    with ${validSeries(jobId, names)},
    ${candidates(jobId, limit)},
    per_name as (
      select name, count(*) as total, count(distinct attempt) as attempts,
        case when bool_or(not ${finite}) then 3 else 2 end as kept_of_bucket
      from candidates group by name
    ),
    bucketed as (
      select candidates.*,
        (row_number() over (partition by name, attempt order by step, id) - 1) / case
          when per_name.total <= ${limit}::bigint then 1
          else ceil(per_name.total / greatest(1, ${limit}::bigint / kept_of_bucket - attempts + 1))::bigint
        end as bucket
      from candidates join per_name using (name)
    ),
    kept as (
      select name, attempt, unnest(array[
        -- The least value with its id, and the greatest with the first id that has it.
        (min(array[value, id]) filter (where ${finite}))[2],
        -(max(array[value, -id]) filter (where ${finite}))[2],
        min(id) filter (where not ${finite})
      ])::bigint as id
      from bucketed group by name, attempt, bucket
    ),
    ranked as (
      select candidates.*, row_number() over (partition by name order by step desc, id desc) as place
      from candidates where id in (select id from kept)
    )
    select job_id, id, attempt, name, step, epoch, time, value
    from ranked where place <= ${limit}
    order by name, step, id`;
}

type AfterQuery = {
  readonly jobId: string;
  readonly names?: readonly string[] | undefined;
  /** Ids after `after` up to and including `until`. */
  readonly after: bigint;
  readonly until: bigint;
  readonly limit: number;
};

export function afterQuery({ jobId, names, after, until, limit }: AfterQuery): RawBuilder<PointRow> {
  const wanted = names ?? null;
  return sql<PointRow>`
    select * from metric_points
    where job_id = ${jobId} and id > ${after} and id <= ${until}
      and (${wanted}::text[] is null or name = any (${wanted}::text[]))
    order by id limit ${limit}`;
}

type NewestRow = {
  readonly id: bigint;
  readonly attempt: number;
  readonly firstStep: bigint;
  readonly firstId: bigint;
  readonly hasEarlier: boolean;
};

/** The newest point, and the newest attempt with points. No row without points. */
export function newestQuery(jobId: string): RawBuilder<NewestRow> {
  return sql<NewestRow>`
    select coalesce((select id from metric_points where job_id = ${jobId} order by id desc limit 1), 0) as id,
      attempt, min(first_step) as first_step, min(first_id) as first_id,
      exists (
        select from metric_series as earlier where earlier.job_id = ${jobId} and earlier.attempt < series.attempt
      ) as has_earlier
    from metric_series as series
    where job_id = ${jobId} and attempt = (
      select attempt from metric_series where job_id = ${jobId} order by attempt desc limit 1
    )
    group by attempt`;
}

export function latestQuery(jobId: string): RawBuilder<{ readonly name: string; readonly value: number }> {
  return sql<{ readonly name: string; readonly value: number }>`
    select names.name, point.value
    from (select distinct name from metric_series where job_id = ${jobId}) as names cross join lateral (
      select value from metric_points
      where job_id = ${jobId} and name = names.name and ${finite}
      order by attempt desc, step desc, id desc limit 1
    ) as point`;
}

type ExtremesRow = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  readonly firstStep: bigint;
  readonly leastValue: number | null;
  readonly leastStep: bigint | null;
  readonly greatestValue: number | null;
  readonly greatestStep: bigint | null;
};

/** Most series of a job that are read for its best value; a job with more is judged by its newest attempts. */
const mostSeries = 200;

export function extremesQuery(jobIds: readonly string[]): RawBuilder<ExtremesRow> {
  return sql<ExtremesRow>`
    select series.* from unnest(${jobIds}::text[]) as wanted (id) cross join lateral (
      select job_id, attempt, name, first_step, least_value, least_step, greatest_value, greatest_step
      from metric_series where job_id = wanted.id order by attempt desc, name limit ${mostSeries}
    ) as series`;
}

type LostBest = {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  /** Steps from here on were replaced. */
  readonly before: number;
  readonly place: number;
};
type CountingRow = Pick<SeriesExtremes, 'leastValue' | 'leastStep' | 'greatestValue' | 'greatestStep'> & {
  readonly place: number;
};

/** The least and the greatest finite value before a step; all null without one. Reads the series up to that step. */
export function countingQuery(lost: readonly LostBest[]): RawBuilder<CountingRow> {
  const column = <T>(of: (one: LostBest) => T): readonly T[] => lost.map(of);
  const extreme = (order: 'asc' | 'desc') => sql`
    select value, step from metric_points as point
    where point.job_id = wanted.job and point.name = wanted.name and point.attempt = wanted.attempt
      and point.step < wanted.before and ${finite}
    order by value ${sql.raw(order)}, step limit 1`;
  return sql<CountingRow>`
    select place, least.value as least_value, least.step::float8 as least_step,
      greatest.value as greatest_value, greatest.step::float8 as greatest_step
    from unnest(
      ${column(({ jobId }) => jobId)}::text[], ${column(({ attempt }) => attempt)}::int[],
      ${column(({ name }) => name)}::text[], ${column(({ before }) => before)}::bigint[],
      ${column(({ place }) => place)}::int[]
    ) as wanted (job, attempt, name, before, place)
    left join lateral (${extreme('asc')}) as least on true
    left join lateral (${extreme('desc')}) as greatest on true`;
}
