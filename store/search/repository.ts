import { sql, type RawBuilder } from 'kysely';
import { searchExpression } from '../../core/jobs/words.ts';
import type { Db } from '../database.ts';
import type { Found, SearchQuery, SearchRepository } from '../types.ts';

/** Greater than every character in the collation "C". */
const behindText = String.fromCodePoint(0x10_ffff);

/** Jobs that are sorted by time when no more than these have the words. */
const mostFound = 1000;

/** One JSON array of the rows, in their order. */
function listOf(rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`coalesce((select json_agg(item) from (${rows}) as item), '[]')`;
}

function modelsLike(projectId: string, expression: string | null, limit: number): RawBuilder<unknown> {
  return sql`
    select name, latest_version, (
      select version from model_versions
      where project_id = models.project_id and model = models.name and stage = 'production'
    ) as production_version
    from models
    where project_id = ${projectId}
      and to_tsvector('simple'::regconfig, translate(name, '._-', '   ')) @@ ${expression}::tsquery
    order by name limit ${limit}`;
}

function versionsOf({ projectId, version, others }: SearchQuery): RawBuilder<unknown> {
  if (version === null) return sql`'[]'::json`;
  return listOf(sql`
    select model, version, stage from model_versions
    where project_id = ${projectId} and version = ${version.number} and model in (
      select name from (${modelsLike(projectId, searchExpression(version.modelText), others)}) as model_like
    )
    order by model`);
}

function servicesLike({ projectId, others }: SearchQuery, expression: string | null): RawBuilder<unknown> {
  return sql`
    select service from services
    where project_id = ${projectId}
      and to_tsvector('simple'::regconfig, translate(service, '._-', '   ')) @@ ${expression}::tsquery
    order by service limit ${others}`;
}

function datasetsLike({ projectId, others }: SearchQuery, expression: string | null): RawBuilder<unknown> {
  return sql`
    select name, status, head_version as version from datasets
    where project_id = ${projectId} and deleted_at is null
      and to_tsvector('simple'::regconfig, translate(name, '._-', '   ')) @@ ${expression}::tsquery
    order by name limit ${others}`;
}

/**
 * Few jobs come from the index of words, and the newest of many on the way through the list, as in the list of jobs
 * (`store/jobs/list.ts`). Only one of the two ways is taken: the count decides before it begins.
 */
function jobsLike(query: SearchQuery, expression: string | null): RawBuilder<unknown> {
  const { projectId, text, shownId, jobs } = query;
  const shown =
    shownId === null
      ? sql``
      : sql`
      union all
      (select id, name, service, state, created_at from jobs
        where project_id = ${projectId} and (right(id, 8) collate "C") >= ${shownId}
          and (right(id, 8) collate "C") < ${shownId}::text || ${behindText}
        order by (right(id, 8) collate "C") limit ${jobs})`;
  return sql`
    select id, name, service, state from (
      (select * from found where (select count(*) from found) <= ${mostFound}::int
        order by created_at desc, id desc limit ${jobs})
      union all
      (select id, name, service, state, created_at from jobs
        where (select count(*) from found) > ${mostFound}::int
          and project_id = ${projectId} and words @@ ${expression}::tsquery
        order by created_at desc, id desc limit ${jobs})
      union all
      (select id, name, service, state, created_at from jobs
        where project_id = ${projectId} and (lower(name) collate "C") >= lower(${text})
          and (lower(name) collate "C") < lower(${text}) || ${behindText}
        order by (lower(name) collate "C"), created_at, id limit ${jobs})${shown}
    ) as job`;
}

/** Objects of each kind as one row of JSON arrays. */
export function searchQuery(query: SearchQuery): RawBuilder<Found> {
  const { projectId, others } = query;
  const expression = searchExpression(query.text);
  return sql<Found>`
    with found as materialized (
      select id, name, service, state, created_at from jobs
      where words @@ ${expression}::tsquery and project_id = ${projectId} limit ${mostFound + 1}
    )
    select
      coalesce((select json_agg(service) from (${servicesLike(query, expression)}) as item), '[]') as services,
      ${listOf(sql`
        select name, latest_version as "latestVersion", production_version as "productionVersion"
        from (${modelsLike(projectId, expression, others)}) as model_like`)} as models,
      ${versionsOf(query)} as versions,
      ${listOf(datasetsLike(query, expression))} as datasets,
      ${listOf(sql`select name, usable, message from providers order by name`)} as providers,
      ${listOf(jobsLike(query, expression))} as jobs`;
}

const nothing: Found = { services: [], models: [], versions: [], datasets: [], providers: [], jobs: [] };

export function createSearch(db: Db): SearchRepository {
  return { find: async (query) => (await searchQuery(query).execute(db)).rows[0] ?? nothing };
}
