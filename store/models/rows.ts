import type { Selectable } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import type { Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { ModelVersionRecord, VersionPlace } from '../types.ts';

type VersionRow = Selectable<Database['model_versions']>;

export function toVersion(row: VersionRow): ModelVersionRecord {
  const { projectId: _, bytes, ...version } = row;
  return { ...version, bytes: Number(bytes) };
}

export function selectVersions(db: Db, projectId: string, name: string) {
  return db.selectFrom('model_versions').selectAll().where('projectId', '=', projectId).where('model', '=', name);
}

export async function findVersion(
  db: Db,
  { projectId, name, version }: VersionPlace,
): Promise<ModelVersionRecord | null> {
  const row = await selectVersions(db, projectId, name).where('version', '=', version).executeTakeFirst();
  return row === undefined ? null : toVersion(row);
}

export async function getVersion(db: Db, place: VersionPlace): Promise<ModelVersionRecord> {
  const found = await findVersion(db, place);
  if (found !== null) return found;
  throw new ArtenicError('not-found', `There is no version ${place.version} of the model ${place.name}.`);
}

/** Locks the model: changes of one model happen one after another. Returns its newest number; null without a model. */
export async function lockModel(transaction: Db, projectId: string, name: string): Promise<number | null> {
  const row = await transaction
    .selectFrom('models')
    .select('latestVersion')
    .where('projectId', '=', projectId)
    .where('name', '=', name)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row?.latestVersion ?? null;
}

export function updateVersion(transaction: Db, { projectId, name, version }: VersionPlace) {
  return transaction
    .updateTable('model_versions')
    .where('projectId', '=', projectId)
    .where('model', '=', name)
    .where('version', '=', version);
}
