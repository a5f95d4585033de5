import type { ModelStage, Page } from '@artenic/core';
import { sql, type Selectable } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { firstStage, mayMove, replacedStage, verbOfMove } from '../../core/models/stages.ts';
import { inTransaction, json, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type {
  ModelPageQuery,
  ModelRecord,
  ModelsQuery,
  ModelsRepository,
  ModelVersionRecord,
  NewModelVersion,
  StageChange,
  StageChangeRecord,
} from '../types.ts';
import { decodeCursor, decodeNumberCursor, toPage } from '../cursors.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import { edgesOfVersion, moveStageEdge, writeEdges } from '../lineage/write.ts';

type VersionRow = Selectable<Database['model_versions']>;
function toVersion(row: VersionRow): ModelVersionRecord {
  const { model, version, stage, format, sha256, signature, metrics, jobId, createdBy, createdAt, external } = row;
  const bytes = Number(row.bytes);
  return { model, version, stage, format, sha256, bytes, signature, metrics, jobId, createdBy, createdAt, external };
}

function modelNotFound(name: string): ArtenicError {
  return new ArtenicError('not-found', `There is no model ${name}.`);
}

function selectModels(db: Db, projectId: string) {
  return db
    .selectFrom('models')
    .leftJoin('model_versions', (join) =>
      join
        .onRef('model_versions.projectId', '=', 'models.projectId')
        .onRef('model_versions.model', '=', 'models.name')
        .on('model_versions.stage', '=', 'production'),
    )
    .select(['models.name', 'models.projectId', 'models.createdAt', 'models.latestVersion'])
    .select('model_versions.version as productionVersion')
    .where('models.projectId', '=', projectId);
}

function selectVersions(db: Db, projectId: string, name: string) {
  return db.selectFrom('model_versions').selectAll().where('projectId', '=', projectId).where('model', '=', name);
}

async function requireModel(db: Db, projectId: string, name: string): Promise<ModelRecord> {
  const model = await selectModels(db, projectId).where('models.name', '=', name).executeTakeFirst();
  if (model === undefined) throw modelNotFound(name);
  return model;
}

async function getVersion(db: Db, projectId: string, name: string, version: number): Promise<ModelVersionRecord> {
  const row = await selectVersions(db, projectId, name).where('version', '=', version).executeTakeFirst();
  if (row === undefined) throw new ArtenicError('not-found', `There is no version ${version} of the model ${name}.`);
  return toVersion(row);
}

async function production(db: Db, projectId: string, name: string): Promise<ModelVersionRecord | null> {
  const row = await selectVersions(db, projectId, name).where('stage', '=', 'production').executeTakeFirst();
  return row === undefined ? null : toVersion(row);
}

/** Creates a missing model and locks it: changes of one model happen one after another. */
async function makeAndLock(transaction: Db, { projectId, model, createdAt }: NewModelVersion): Promise<number> {
  const row = await transaction
    .insertInto('models')
    .values({ projectId, name: model, latestVersion: 0, createdAt })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'name'])
        .doUpdateSet((set) => ({ latestVersion: set.ref('models.latestVersion') })),
    )
    .returning('latestVersion')
    .executeTakeFirstOrThrow();
  return row.latestVersion;
}

function register(db: Db, registration: NewModelVersion): Promise<ModelVersionRecord> {
  const { projectId, model, jobId, createdBy, createdAt } = registration;
  return inTransaction(db, async (transaction) => {
    const version = (await makeAndLock(transaction, registration)) + 1;
    if (jobId !== null) {
      const made = await selectVersions(transaction, projectId, model).where('jobId', '=', jobId).executeTakeFirst();
      if (made !== undefined) return toVersion(made);
    }
    const row = await transaction
      .insertInto('model_versions')
      .values({
        ...registration,
        version,
        stage: firstStage,
        bytes: BigInt(registration.bytes),
        signature: json(registration.signature),
        metrics: json(registration.metrics),
        external: json(registration.external ?? null),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await transaction
      .updateTable('models')
      .set({ latestVersion: version })
      .where('projectId', '=', projectId)
      .where('name', '=', model)
      .execute();
    const change: StageChange = {
      ...{ projectId, name: model, version, to: firstStage, by: createdBy, at: createdAt },
      reason: jobId === null ? 'uploaded' : `trained by job ${jobId}`,
    };
    await record(transaction, change, null);
    await writeEdges(transaction, projectId, edgesOfVersion(model, version, jobId));
    await appendEvent(transaction, {
      projectId,
      topic: 'models',
      kind: 'model.version',
      subject: model,
      data: { projectId, version, jobId },
    });
    return toVersion(row);
  });
}

async function record(transaction: Db, change: StageChange, fromStage: ModelStage | null): Promise<void> {
  const { projectId, name, version, to, by, at, reason } = change;
  await transaction
    .insertInto('stage_changes')
    .values({ projectId, model: name, version, fromStage, toStage: to, changedBy: by, changedAt: at, reason })
    .execute();
  const subject = `${name}/${version}`;
  await appendAudit(transaction, { verb: verbOfMove(fromStage, to), subject, projectId, details: { reason } });
}

async function move(transaction: Db, change: StageChange, from: ModelStage): Promise<void> {
  const { projectId, name, version, to, reason } = change;
  await transaction
    .updateTable('model_versions')
    .set({ stage: to })
    .where('projectId', '=', projectId)
    .where('model', '=', name)
    .where('version', '=', version)
    .execute();
  await record(transaction, change, from);
  await moveStageEdge(transaction, { projectId, model: name, version }, to === firstStage ? null : to);
  await appendEvent(transaction, {
    projectId,
    topic: 'models',
    kind: 'model.stage',
    subject: name,
    data: { projectId, version, from, to, reason },
  });
}

function setStage(db: Db, change: StageChange): Promise<ModelVersionRecord> {
  const { projectId, name, version, to } = change;
  return inTransaction(db, async (transaction) => {
    await transaction
      .selectFrom('models')
      .select('name')
      .where('projectId', '=', projectId)
      .where('name', '=', name)
      .forNoKeyUpdate()
      .execute();
    const current = await getVersion(transaction, projectId, name, version);
    if (current.stage === to) return current;
    if (!mayMove(current.stage, to))
      throw new ArtenicError('conflict', `Version ${version} of ${name} is retired; register it again to use it.`);
    const before = to === 'production' ? await production(transaction, projectId, name) : null;
    if (before !== null) {
      const back: StageChange = { ...change, version: before.version, to: replacedStage };
      await move(transaction, { ...back, reason: `version ${version} went to production` }, before.stage);
    }
    await move(transaction, change, current.stage);
    return { ...current, stage: to };
  });
}

async function list(db: Db, query: ModelsQuery): Promise<Page<ModelRecord>> {
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

async function stageHistory(db: Db, query: ModelPageQuery): Promise<Page<StageChangeRecord>> {
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

async function versions(db: Db, query: ModelPageQuery): Promise<Page<ModelVersionRecord>> {
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

export function createModels(db: Db): ModelsRepository {
  return {
    register: (version) => register(db, version),
    list: (query) => list(db, query),
    get: (projectId, name) => requireModel(db, projectId, name),
    versions: (query) => versions(db, query),
    newestVersions: async (projectId, names, limit) => {
      const rows = await db
        .selectFrom('model_versions')
        .innerJoin('models', (join) =>
          join
            .onRef('models.projectId', '=', 'model_versions.projectId')
            .onRef('models.name', '=', 'model_versions.model'),
        )
        .selectAll('model_versions')
        .where('model_versions.projectId', '=', projectId)
        .where(sql<boolean>`model_versions.model = any (${names})`)
        .where(sql<boolean>`model_versions.version > models.latest_version - ${limit}::int`)
        .orderBy('model_versions.version', 'desc')
        .execute();
      return rows.map(toVersion);
    },
    getVersion: (projectId, name, version) => getVersion(db, projectId, name, version),
    production: (projectId, name) => production(db, projectId, name),
    setStage: (change) => setStage(db, change),
    stageHistory: (query) => stageHistory(db, query),
  };
}
