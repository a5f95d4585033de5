import type { MetricDirection } from '@artenic/core';
import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../database.ts';
import type { BestModelQuery, BestModelRecord, ComparedVersions } from '../types.ts';
import { getVersion } from './rows.ts';

/** Versions that a question for the best is about, with their value; null without a finite number. */
function considered({ projectId, metric, service, model, withRetired }: BestModelQuery): RawBuilder<unknown> {
  return sql`
    select v.model, v.version, v.created_at, jobs.spec -> 'outputs' -> 'directions' ->> ${metric} as direction,
      case jsonb_typeof(v.metrics -> ${metric}) when 'number' then (v.metrics ->> ${metric})::double precision end as value
    from model_versions as v left join jobs on jobs.id = v.job_id
    where v.project_id = ${projectId}
      and (${withRetired} or v.stage <> 'retired')
      and (${model}::text is null or v.model = ${model})
      and (${service}::text is null or v.model = ${service} or jobs.service = ${service})`;
}

export async function compared(db: Db, query: BestModelQuery): Promise<ComparedVersions> {
  const { rows } = await sql<{ compared: bigint; withoutMetric: bigint; declared: MetricDirection | null }>`
    select count(value) as compared, count(*) - count(value) as without_metric,
      (array_agg(direction order by created_at desc) filter (where direction is not null))[1] as declared
    from (${considered(query)}) as considered`.execute(db);
  const [row] = rows;
  return {
    compared: Number(row?.compared ?? 0),
    withoutMetric: Number(row?.withoutMetric ?? 0),
    declared: row?.declared ?? null,
  };
}

export async function best(db: Db, query: BestModelQuery, direction: MetricDirection): Promise<BestModelRecord> {
  const { projectId } = query;
  const order = direction === 'min' ? sql`value asc` : sql`value desc`;
  const { rows } = await sql<{ name: string; version: number; value: number; ties: bigint }>`
    select model as name, version, value, count(*) over (partition by value) - 1 as ties
    from (${considered(query)}) as considered where value is not null
    order by ${order}, created_at, model, version limit 1`.execute(db);
  const [row] = rows;
  if (row === undefined) return { version: null, value: null, ties: 0 };
  const { name, version, value, ties } = row;
  return { version: await getVersion(db, { projectId, name, version }), value, ties: Number(ties) };
}
