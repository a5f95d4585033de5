import type { Page } from '@artenic/core';
import { sql } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { decodeCursor, decodeNumberCursor, toPage } from '../cursors.ts';
import type { Db } from '../database.ts';
import type {
  ModelPageQuery,
  ModelRecord,
  ModelsQuery,
  ModelVersionRecord,
  StageChangeRecord,
  VersionsQuery,
} from '../types.ts';
import { selectVersions, toVersion } from './rows.ts';

function modelNotFound(name: string): ArtenicError {
  return new ArtenicError('not-found', `There is no model ${name}.`);
}

function selectModels(db: Db, projectId: string) {
  return (
    db
      .selectFrom('models')
      .leftJoin('model_versions', (join) =>
        join
          .onRef('model_versions.projectId', '=', 'models.projectId')
          .onRef('model_versions.model', '=', 'models.name')
          .on('model_versions.stage', '=', 'production'),
      )
      .select(['models.name', 'models.projectId', 'models.createdAt'])
      // The newest of those that were not deleted. A model without versions keeps its row for the next number only.
      .innerJoinLateral(
        (of) =>
          of
            .selectFrom('model_versions as existing')
            .select((select) => select.fn.max('existing.version').$castTo<number>().as('latestVersion'))
            .whereRef('existing.projectId', '=', 'models.projectId')
            .whereRef('existing.model', '=', 'models.name')
            .having((having) => having.fn.count('existing.version'), '>', 0)
            .as('newest'),
        (join) => join.onTrue(),
      )
      .select('newest.latestVersion')
      .select('model_versions.version as productionVersion')
      .where('models.projectId', '=', projectId)
  );
}

export async function requireModel(db: Db, projectId: string, name: string): Promise<ModelRecord> {
  const model = await selectModels(db, projectId).where('models.name', '=', name).executeTakeFirst();
  if (model === undefined) throw modelNotFound(name);
  return model;
}

export async function list(db: Db, query: ModelsQuery): Promise<Page<ModelRecord>> {
  const { projectId, cursor, limit } = query;
  let select = selectModels(db, projectId);
  if (cursor !== undefined) select = select.where('models.name', '>', decodeCursor(cursor, 1)[0] ?? '');
  const rows = await select
    .orderBy('models.name')
    .limit(limit + 1)
    .execute();
  return toPage(
    rows,
    limit,
    (row): ModelRecord => row,
    (model) => [model.name],
  );
}

export async function stageHistory(db: Db, query: ModelPageQuery): Promise<Page<StageChangeRecord>> {
  const { projectId, name, cursor, limit } = query;
  await requireModel(db, projectId, name);
  let select = db
    .selectFrom('stage_changes')
    .select(['id', 'version', 'fromStage as from', 'toStage as to', 'changedBy as by', 'changedAt as at', 'reason'])
    .where('projectId', '=', projectId)
    .where('model', '=', name);
  if (cursor !== undefined) select = select.where('id', '>', decodeNumberCursor(cursor, 2n ** 62n));
  const rows = await select
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const page = toPage(
    rows,
    limit,
    (row) => row,
    ({ id }) => [String(id)],
  );
  const items = page.items.map(({ version, from, to, by, at, reason }) => ({ version, from, to, by, at, reason }));
  return { items, nextCursor: page.nextCursor };
}

export async function versions(db: Db, query: ModelPageQuery): Promise<Page<ModelVersionRecord>> {
  const { projectId, name, cursor, limit } = query;
  await requireModel(db, projectId, name);
  let select = selectVersions(db, projectId, name);
  if (cursor !== undefined) select = select.where('version', '<', Number(decodeNumberCursor(cursor)));
  const rows = await select
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute();
  return toPage(rows, limit, toVersion, ({ version }) => [String(version)]);
}

/** Versions of all models, newest first. */
export async function findVersions(db: Db, query: VersionsQuery): Promise<Page<ModelVersionRecord>> {
  const { projectId, stage, framework, name, cursor, limit, offset = 0 } = query;
  let select = db.selectFrom('model_versions').selectAll().where('projectId', '=', projectId);
  if (stage !== undefined) select = select.where('stage', '=', stage);
  if (framework !== undefined) select = select.where('framework', '=', framework);
  if (name !== undefined) select = select.where('model', '=', name);
  if (cursor !== undefined) {
    const [createdAt, model, version] = decodeCursor(cursor, 3);
    select = select.where(
      sql<boolean>`(created_at, model, version) < (${createdAt}::timestamptz, ${model}, ${version}::int)`,
    );
  }
  const rows = await select
    .orderBy('createdAt', 'desc')
    .orderBy('model', 'desc')
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .offset(offset)
    .execute();
  return toPage(rows, limit, toVersion, ({ createdAt, model, version }) => [
    createdAt.toISOString(),
    model,
    String(version),
  ]);
}

export async function newestVersions(
  db: Db,
  projectId: string,
  names: readonly string[],
  limit: number,
): Promise<readonly ModelVersionRecord[]> {
  const rows = await db
    .selectFrom('model_versions')
    .innerJoin('models', (join) =>
      join.onRef('models.projectId', '=', 'model_versions.projectId').onRef('models.name', '=', 'model_versions.model'),
    )
    .selectAll('model_versions')
    .where('model_versions.projectId', '=', projectId)
    .where(sql<boolean>`model_versions.model = any (${names})`)
    .where(sql<boolean>`model_versions.version > models.latest_version - ${limit}::int`)
    .orderBy('model_versions.version', 'desc')
    .execute();
  return rows.map(toVersion);
}
