import { sql, type RawBuilder } from 'kysely';
import type { MetricRow } from '../types.ts';

/** Points of a block. Migrations have built blocks of these sizes: another size needs its own migration. */
export const blockSizes = { small: 16, large: 256 } as const;

/**
 * Adds points, and counts them in their series and blocks. Blocks hold points in their order of arrival, so the number
 * of blocks is bounded by the number of points for any steps. The caller holds the jobs' locks.
 */
export function insertPoints(points: readonly MetricRow[]): RawBuilder<unknown> {
  const column = <K extends keyof MetricRow>(name: K): MetricRow[K][] => points.map((point) => point[name]);
  return sql`
    with added as (
      insert into metric_points (job_id, attempt, name, step, epoch, time, value)
      select * from unnest(
        ${column('jobId')}::text[], ${column('attempt')}::int[], ${column('name')}::text[], ${column('step')}::bigint[],
        ${column('epoch')}::float8[], ${column('time')}::timestamptz[], ${column('value')}::float8[]
      )
      returning job_id, id, attempt, name, step, value, (value > '-infinity' and value < 'infinity') as is_finite
    ),
    series as (
      insert into metric_series as held (
        job_id, attempt, name, points, first_step, first_id, least_value, least_step, greatest_value, greatest_step
      )
      select job_id, attempt, name, count(*), min(step), min(id),
        min(value) filter (where is_finite), (min(array[value, id, step]) filter (where is_finite))[3],
        max(value) filter (where is_finite), (max(array[value, -id, step]) filter (where is_finite))[3]
      from added group by job_id, attempt, name
      on conflict (job_id, attempt, name) do update set
        points = held.points + excluded.points,
        first_step = least(held.first_step, excluded.first_step),
        least_step = case
          when held.least_value <= excluded.least_value then held.least_step
          else coalesce(excluded.least_step, held.least_step)
        end,
        least_value = least(held.least_value, excluded.least_value),
        greatest_step = case
          when held.greatest_value >= excluded.greatest_value then held.greatest_step
          else coalesce(excluded.greatest_step, held.greatest_step)
        end,
        greatest_value = greatest(held.greatest_value, excluded.greatest_value)
      returning job_id, attempt, name, points
    ),
    numbered as (
      select added.*,
        series.points - row_number() over (partition by job_id, attempt, name order by added.id desc) as number
      from added join series using (job_id, attempt, name)
    )
    insert into metric_blocks as held (
      job_id, attempt, name, size, block, points, first_step, first_id, last_step, last_id,
      least_value, least_id, greatest_value, greatest_id, non_finite_id
    )
    select job_id, attempt, name, size, number / size, count(*),
      min(step), (min(array[step, id]))[2], max(step), (max(array[step, id]))[2],
      -- The least value with its id, and the greatest with the first id that has it.
      min(value) filter (where is_finite), (min(array[value, id]) filter (where is_finite))[2],
      max(value) filter (where is_finite), -(max(array[value, -id]) filter (where is_finite))[2],
      min(id) filter (where not is_finite)
    from numbered cross join (values (${sql.lit(blockSizes.small)}), (${sql.lit(blockSizes.large)})) as sizes (size)
    group by job_id, attempt, name, size, number / size
    on conflict (job_id, attempt, name, size, block) do update set
      points = held.points + excluded.points,
      first_id = case when excluded.first_step < held.first_step then excluded.first_id else held.first_id end,
      first_step = least(held.first_step, excluded.first_step),
      last_id = case when excluded.last_step < held.last_step then held.last_id else excluded.last_id end,
      last_step = greatest(held.last_step, excluded.last_step),
      least_id = case
        when held.least_value <= excluded.least_value then held.least_id
        else coalesce(excluded.least_id, held.least_id)
      end,
      least_value = least(held.least_value, excluded.least_value),
      greatest_id = case
        when held.greatest_value >= excluded.greatest_value then held.greatest_id
        else coalesce(excluded.greatest_id, held.greatest_id)
      end,
      greatest_value = greatest(held.greatest_value, excluded.greatest_value),
      non_finite_id = coalesce(held.non_finite_id, excluded.non_finite_id)`;
}
