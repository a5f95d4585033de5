import type { Selectable } from 'kysely';
import { diffTrees, type FileChange } from '../../core/datasets/diff.ts';
import { filesBeginning, filesPage, findFile, folderPage, sizeOfFolder } from '../../core/datasets/read.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';
import type { DatasetsRepository, DatasetVersionRecord } from '../types.ts';
import { purgedOf } from './contents.ts';
import { nodesOf } from './nodes.ts';

function toVersion({ bytes, ...row }: Selectable<Database['dataset_versions']>): DatasetVersionRecord {
  return { ...row, bytes: Number(bytes) };
}

const versionsOf = (db: Db, datasetId: string) =>
  db.selectFrom('dataset_versions').selectAll().where('datasetId', '=', datasetId);

const isNumber = /^[1-9]\d{0,8}$/;

export async function versionNumbered(db: Db, datasetId: string, version: number): Promise<DatasetVersionRecord> {
  const row = await versionsOf(db, datasetId).where('version', '=', version).executeTakeFirst();
  if (row === undefined) throw new ArtenicError('not-found', `The dataset has no version ${version}.`);
  return toVersion(row);
}

/** @param reference `latest`, a number or a tag */
async function getVersion(db: Db, datasetId: string, reference: string): Promise<DatasetVersionRecord> {
  if (isNumber.test(reference)) return versionNumbered(db, datasetId, Number(reference));
  if (reference === 'latest') {
    const row = await versionsOf(db, datasetId).orderBy('version', 'desc').limit(1).executeTakeFirst();
    if (row === undefined) throw new ArtenicError('not-found', 'The dataset has no version yet.');
    return toVersion(row);
  }
  const tag = await db
    .selectFrom('dataset_tags')
    .select('version')
    .where('datasetId', '=', datasetId)
    .where('tag', '=', reference)
    .executeTakeFirst();
  if (tag === undefined) throw new ArtenicError('not-found', `The dataset has no version or tag ${reference}.`);
  return versionNumbered(db, datasetId, tag.version);
}

/** A dataset without a version has the empty tree, which is stored nowhere. */
async function diff(
  db: Db,
  [from, to]: readonly [DatasetVersionRecord | null, DatasetVersionRecord],
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly items: readonly FileChange[]; readonly isMore: boolean }> {
  const source = nodesOf(db, to.datasetId);
  const items: FileChange[] = [];
  if (from === null) {
    const files = await filesPage(source, to.root, { folder: '', after, limit: limit + 1 });
    items.push(...files.map((file) => ({ kind: 'added', path: file.path, after: file }) as const));
  } else {
    for await (const change of diffTrees(source, from.root, to.root, after)) {
      items.push(change);
      if (items.length > limit) break;
    }
  }
  return { items: items.slice(0, limit), isMore: items.length > limit };
}

type VersionMethods = Pick<
  DatasetsRepository,
  'version' | 'versions' | 'files' | 'folder' | 'file' | 'folderSize' | 'diff'
>;

export function versionMethods(db: Db): VersionMethods {
  return {
    version: (datasetId, reference) => getVersion(db, datasetId, reference),
    versions: async ({ datasetId, cursor, limit }) => {
      let select = versionsOf(db, datasetId);
      if (cursor !== undefined) select = select.where('version', '<', Number(decodeNumberCursor(cursor)));
      const rows = await select
        .orderBy('version', 'desc')
        .limit(limit + 1)
        .execute();
      return toPage(rows, limit, toVersion, ({ version }) => [String(version)]);
    },
    files: async ({ datasetId, root }, query) => {
      const source = nodesOf(db, datasetId);
      const files = await ('prefix' in query ? filesBeginning(source, root, query) : filesPage(source, root, query));
      const purged = await purgedOf(
        db,
        datasetId,
        files.map(({ sha256 }) => sha256),
      );
      return files.map((file) => ({ ...file, isPurged: purged.has(file.sha256) }));
    },
    folder: async ({ datasetId, root }, query) => {
      const entries = await folderPage(nodesOf(db, datasetId), root, query);
      const purged = await purgedOf(
        db,
        datasetId,
        entries.flatMap((entry) => (entry.kind === 'file' ? [entry.sha256] : [])),
      );
      return entries.map((entry) => ({ ...entry, isPurged: entry.kind === 'file' && purged.has(entry.sha256) }));
    },
    file: async ({ datasetId, root }, path) => {
      const file = await findFile(nodesOf(db, datasetId), root, path);
      if (file === null) return null;
      return { ...file, isPurged: (await purgedOf(db, datasetId, [file.sha256])).has(file.sha256) };
    },
    folderSize: ({ datasetId, root }, folder) => sizeOfFolder(nodesOf(db, datasetId), root, folder),
    diff: (from, to, query) => diff(db, [from, to], query),
  };
}
