import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { SystemMetricsRepository, SystemValue, SystemWindowRow } from '../types.ts';

/** Rows of one statement: each has eight parameters, and PostgreSQL takes 65,535. */
const rowsAtOnce = 1000;

function rowOf({ values, ...window }: SystemWindowRow) {
  const names = Object.keys(values);
  const column = (place: 0 | 1 | 2): number[] => Object.values(values).map((measured) => measured[place]);
  return { ...window, names, least: column(0), mean: column(1), greatest: column(2) };
}

/** Values of a series in a bucket: extremes stay, means are weighed by the time of their windows. */
const merged = sql`
  value.name, max(at) as at, sum(seconds)::int as seconds, min(value.least) as least,
  sum(value.mean * seconds) / sum(seconds) as mean, max(value.greatest) as greatest`;

export function createSystemMetrics(db: Db): SystemMetricsRepository {
  return {
    insert: async (windows) => {
      for (let from = 0; from < windows.length; from += rowsAtOnce)
        await db
          .insertInto('system_metrics')
          .values(windows.slice(from, from + rowsAtOnce).map(rowOf))
          .onConflict((conflict) => conflict.columns(['jobId', 'attempt', 'at']).doNothing())
          .execute();
    },
    series: async ({ jobId, attempt, limit }) => {
      const { rows } = await sql<SystemValue>`
        with numbered as (
          select *, (row_number() over (order by at) - 1)
              / ceil(count(*) over () / ${limit}::float8)::bigint as bucket
          from system_metrics where job_id = ${jobId} and attempt = ${attempt}
        )
        select ${merged}
        from numbered cross join lateral unnest(names, numbered.least, numbered.mean, numbered.greatest)
          as value (name, least, mean, greatest)
        group by bucket, value.name order by value.name, bucket`.execute(db);
      return rows;
    },
    recent: async ({ jobId, attempt, minutes }) => {
      const { rows } = await sql<SystemValue>`
        with windows as (
          select * from system_metrics where job_id = ${jobId} and attempt = ${attempt} and at > (
            select max(at) from system_metrics where job_id = ${jobId} and attempt = ${attempt}
          ) - make_interval(mins => ${minutes}::int)
        )
        select ${merged}
        from windows cross join lateral unnest(names, windows.least, windows.mean, windows.greatest)
          as value (name, least, mean, greatest)
        group by value.name order by value.name`.execute(db);
      return rows;
    },
  };
}
