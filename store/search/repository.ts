import { sql } from 'kysely';
import type { JobCandidate } from '../../core/errors.ts';
import { searchExpression } from '../../core/jobs/words.ts';
import type { Db } from '../database.ts';
import type { FoundModel, FoundVersion, SearchQuery, SearchRepository } from '../types.ts';

/** Greater than every character in the collation "C". */
const behindText = String.fromCodePoint(0x10_ffff);

async function jobsByName(db: Db, { projectId, text, limit }: SearchQuery): Promise<readonly JobCandidate[]> {
  const { rows } = await sql<JobCandidate>`
    select id, name, service, state, created_at from jobs
    where project_id = ${projectId} and (lower(name) collate "C") >= lower(${text})
      and (lower(name) collate "C") < lower(${text}) || ${behindText}
    order by (lower(name) collate "C"), created_at, id limit ${limit}`.execute(db);
  return rows;
}

/** Jobs that are sorted when no more than these have the words. */
const mostSorted = 1000;

/** The newest jobs with the words: rare words by their index, words of many jobs on the way through the list. */
async function jobsByWords(db: Db, { projectId, text, limit }: SearchQuery): Promise<readonly JobCandidate[]> {
  const expression = searchExpression(text);
  if (expression === null) return [];
  const { rows } = await sql<JobCandidate & { readonly total: number }>`
    with found as materialized (
      select id, name, service, state, created_at from jobs
      where words @@ ${expression}::tsquery and project_id = ${projectId} limit ${mostSorted + 1}
    )
    select *, (select count(*)::int from found) as total from found
    order by created_at desc, id desc limit ${limit}`.execute(db);
  if ((rows[0]?.total ?? 0) <= mostSorted) return rows;
  const newest = await sql<JobCandidate>`
    select id, name, service, state, created_at from jobs
    where project_id = ${projectId} and words @@ ${expression}::tsquery
    order by created_at desc, id desc limit ${limit}`.execute(db);
  return newest.rows;
}

async function jobsByShownId(db: Db, { projectId, text, limit }: SearchQuery): Promise<readonly JobCandidate[]> {
  const { rows } = await sql<JobCandidate>`
    select id, name, service, state, created_at from jobs
    where project_id = ${projectId} and (right(id, 8) collate "C") >= ${text}
      and (right(id, 8) collate "C") < ${text}::text || ${behindText}
    order by (right(id, 8) collate "C") limit ${limit}`.execute(db);
  return rows;
}

async function models(db: Db, { projectId, text, limit }: SearchQuery): Promise<readonly FoundModel[]> {
  const expression = searchExpression(text);
  if (expression === null) return [];
  const { rows } = await sql<FoundModel>`
    select name, latest_version, (
      select version from model_versions
      where project_id = models.project_id and model = models.name and stage = 'production'
    ) as production_version
    from models
    where project_id = ${projectId}
      and to_tsvector('simple'::regconfig, translate(name, '._-', '   ')) @@ ${expression}::tsquery
    order by name limit ${limit}`.execute(db);
  return rows;
}

async function services(db: Db, { projectId, text, limit }: SearchQuery): Promise<readonly string[]> {
  const expression = searchExpression(text);
  if (expression === null) return [];
  const { rows } = await sql<{ readonly service: string }>`
    select service from services
    where project_id = ${projectId}
      and to_tsvector('simple'::regconfig, translate(service, '._-', '   ')) @@ ${expression}::tsquery
    order by service limit ${limit}`.execute(db);
  return rows.map(({ service }) => service);
}

export function createSearch(db: Db): SearchRepository {
  return {
    jobsByWords: (query) => jobsByWords(db, query),
    jobsByName: (query) => jobsByName(db, query),
    jobsByShownId: (query) => jobsByShownId(db, query),
    models: (query) => models(db, query),
    services: (query) => services(db, query),
    versions: async (projectId, names, version) => {
      const { rows } = await sql<FoundVersion>`
        select model, version, stage from model_versions
        where project_id = ${projectId} and model = any (${names}) and version = ${version}
        order by model`.execute(db);
      return rows;
    },
  };
}
