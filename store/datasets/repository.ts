import type { Page } from '@artenic/core';
import { mayBecome } from '../../core/datasets/status.ts';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import { decodeCursor, toPage } from '../cursors.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import type { DatasetChange, DatasetRecord, DatasetsRepository } from '../types.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { refuseNamedBefore } from '../lineage/named.ts';
import { commit, lockDataset } from './commit.ts';
import { contentMethods } from './contents.ts';
import { jobMethods, mustBeFree } from './of-jobs.ts';
import { draftMethods } from './drafts.ts';
import { removeMethods } from './remove.ts';
import { selectedPage } from './selected.ts';
import { tagMethods } from './tags.ts';
import { versionMethods } from './versions.ts';

function select(db: Db) {
  return db
    .selectFrom('datasets')
    .leftJoin('dataset_versions', (join) =>
      join
        .onRef('dataset_versions.datasetId', '=', 'datasets.id')
        .onRef('dataset_versions.version', '=', 'datasets.headVersion'),
    )
    .select(['datasets.id', 'datasets.projectId', 'datasets.name', 'datasets.description', 'datasets.status'])
    .select(['datasets.headVersion', 'datasets.createdBy', 'datasets.createdAt', 'datasets.updatedAt'])
    .select(['dataset_versions.files', 'dataset_versions.bytes'])
    .where('datasets.deletedAt', 'is', null);
}

type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;
function toRecord({ files, bytes, ...row }: Row): DatasetRecord {
  return { ...row, files: files ?? 0, bytes: Number(bytes ?? 0) };
}

async function byId(db: Db, id: string): Promise<DatasetRecord> {
  return toRecord(await select(db).where('datasets.id', '=', id).executeTakeFirstOrThrow());
}

async function get(db: Db, projectId: string, nameOrId: string): Promise<DatasetRecord> {
  const rows = await select(db)
    .where('datasets.projectId', '=', projectId)
    .where((of) => of.or([of('datasets.name', '=', nameOrId), of('datasets.id', '=', nameOrId)]))
    .limit(2)
    .execute();
  // A name wins over the id of another dataset.
  const row = rows.find(({ name }) => name === nameOrId) ?? rows[0];
  if (row === undefined) throw new ArtenicError('not-found', `There is no dataset ${nameOrId}.`);
  return toRecord(row);
}

const nameTaken = (name: string): ArtenicError =>
  new ArtenicError('conflict', `There is a dataset ${name} already. Choose another name.`);

function insert(db: Db, dataset: Parameters<DatasetsRepository['insert']>[0]): Promise<DatasetRecord> {
  const { id, projectId, name, createdAt } = dataset;
  return inTransaction(db, async (transaction) => {
    const inserted = await transaction
      .insertInto('datasets')
      .values({ ...dataset, status: 'created', headVersion: 0, updatedAt: createdAt, deletedAt: null })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) throw nameTaken(name);
    await refuseNamedBefore(transaction, projectId, lineagePlace.dataset(id));
    await appendAudit(transaction, { verb: 'dataset.create', subject: id, projectId, details: { name } });
    await appendEvent(transaction, changed(projectId, id, { name, status: 'created' }));
    return byId(transaction, id);
  });
}

const changed = (projectId: string, subject: string, data: Readonly<Record<string, unknown>>) => ({
  ...{ topic: 'datasets', kind: 'dataset.changed', subject, projectId, data: { projectId, ...data } },
});

function update(db: Db, id: string, change: DatasetChange, at: Date): Promise<DatasetRecord> {
  return inTransaction(db, async (transaction) => {
    const before = await lockDataset(transaction, id);
    const { projectId } = before;
    const { name = before.name, description = before.description, status = before.status } = change;
    if (status !== before.status && !mayBecome(before.status, status))
      throw new ArtenicError('conflict', `A dataset that is ${before.status} cannot become ${status}.`);
    // A dataset with versions is active, one without is only created.
    if (status === 'active' && before.headVersion === 0)
      throw new ArtenicError('conflict', `The dataset ${before.name} becomes active with its first version.`);
    if (name !== before.name) {
      const other = await transaction
        .selectFrom('datasets')
        .select('id')
        .where('projectId', '=', projectId)
        .where('name', '=', name)
        .where('deletedAt', 'is', null)
        .executeTakeFirst();
      if (other !== undefined) throw nameTaken(name);
    }
    await transaction
      .updateTable('datasets')
      .set({ name, description, status, updatedAt: at })
      .where('id', '=', id)
      .execute();
    const details = { name, status, ...(name === before.name ? {} : { nameBefore: before.name }) };
    await appendAudit(transaction, { verb: 'dataset.change', subject: id, projectId, details });
    await appendEvent(transaction, changed(projectId, id, { name, status }));
    return byId(transaction, id);
  });
}

function remove(db: Db, id: string, at: Date): Promise<void> {
  return inTransaction(db, async (transaction) => {
    // A job that is being inserted holds the row, and is found afterwards.
    await transaction.selectFrom('datasets').select('id').where('id', '=', id).forUpdate().execute();
    const { projectId, name } = await lockDataset(transaction, id);
    await mustBeFree(transaction, id, name);
    await transaction.updateTable('datasets').set({ deletedAt: at, updatedAt: at }).where('id', '=', id).execute();
    await appendAudit(transaction, { verb: 'dataset.delete', subject: id, projectId, details: { name } });
    await appendEvent(transaction, changed(projectId, id, { name, status: 'deleted' }));
  });
}

type ListQuery = Parameters<DatasetsRepository['list']>[0];

async function list(db: Db, { projectId, status, text, cursor, limit }: ListQuery): Promise<Page<DatasetRecord>> {
  let query = select(db).where('datasets.projectId', '=', projectId);
  if (status !== undefined) query = query.where('datasets.status', '=', status);
  if (text !== undefined)
    query = query.where('datasets.name', 'like', `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  if (cursor !== undefined) query = query.where('datasets.name', '>', decodeCursor(cursor, 1)[0] ?? '');
  const rows = await query
    .orderBy('datasets.name')
    .limit(limit + 1)
    .execute();
  return toPage(rows, limit, toRecord, ({ name }) => [name]);
}

export function createDatasets(db: Db): DatasetsRepository {
  return {
    insert: (dataset) => insert(db, dataset),
    get: (projectId, nameOrId) => get(db, projectId, nameOrId),
    list: (query) => list(db, query),
    update: (id, change, at) => update(db, id, change, at),
    remove: (id, at) => remove(db, id, at),
    commit: (version) => commit(db, version),
    ...versionMethods(db),
    ...tagMethods(db),
    ...contentMethods(db),
    ...removeMethods(db),
    ...jobMethods(db),
    selected: selectedPage(db),
    ...draftMethods(db),
  };
}
