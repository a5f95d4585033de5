import type { Selectable } from 'kysely';
import { applyEdits } from '../../core/datasets/apply.ts';
import { editsOf } from '../../core/datasets/changes.ts';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import type { DatasetVersionRecord, NewDatasetVersion, NewLineageEdge } from '../types.ts';
import { referTo } from './contents.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { writeEdges } from '../lineage/write.ts';
import { insertNodes, nodesOf } from './nodes.ts';
import { getVersion, versionNumbered } from './versions.ts';

type DatasetRow = Selectable<Database['datasets']>;

/** Locks the dataset: its versions are made one after another. */
export async function lockDataset(transaction: Db, id: string): Promise<DatasetRow> {
  const row = await transaction
    .selectFrom('datasets')
    .selectAll()
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new ArtenicError('not-found', `There is no dataset ${id}.`);
  return row;
}

type Made = Pick<DatasetVersionRecord, 'root' | 'files' | 'bytes' | 'added' | 'changed' | 'removed'> & {
  readonly nodes: ReadonlyMap<string, string>;
};

async function restored(db: Db, head: DatasetVersionRecord, version: number): Promise<Made> {
  const { root, files, bytes } = await versionNumbered(db, head.datasetId, version);
  // The counts of a restore would need a comparison of the whole trees; a diff shows them.
  return { root, files, bytes, added: 0, changed: 0, removed: 0, nodes: new Map() };
}

async function insertVersion(
  db: Db,
  { name, projectId, status }: DatasetRow,
  head: DatasetVersionRecord | null,
  { input, made }: { readonly input: NewDatasetVersion; readonly made: Made },
): Promise<DatasetVersionRecord> {
  const { datasetId, message, createdBy, sourceJobId, at } = input;
  const { root, files, bytes, added, changed, removed } = made;
  const version = (head?.version ?? 0) + 1;
  const record: DatasetVersionRecord = {
    ...{ datasetId, version, root, parent: head?.version ?? null, files, bytes },
    ...{ added, changed, removed, message, createdBy, createdAt: at, sourceJobId },
  };
  await db
    .insertInto('dataset_versions')
    .values({ ...record, bytes: BigInt(bytes) })
    .execute();
  await db
    .updateTable('datasets')
    .set({ headVersion: version, updatedAt: at, ...(status === 'created' ? { status: 'active' } : {}) })
    .where('id', '=', datasetId)
    .execute();
  const target = lineagePlace.datasetVersion(datasetId, version);
  const edges: NewLineageEdge[] = [{ source: lineagePlace.dataset(datasetId), target, relation: 'version' }];
  if (sourceJobId !== null) edges.push({ source: lineagePlace.run(sourceJobId), target, relation: 'output' });
  await writeEdges(db, projectId, edges);
  const details = { name, version, files, bytes, added, changed, removed };
  await appendAudit(db, { verb: 'dataset.commit', subject: datasetId, projectId, details });
  await appendEvent(db, {
    ...{ topic: 'datasets', kind: 'dataset.version', subject: datasetId, projectId },
    data: { projectId, name, version, files, bytes },
  });
  return record;
}

export function commit(db: Db, input: NewDatasetVersion): Promise<DatasetVersionRecord> {
  const { datasetId, expectedHead } = input;
  return inTransaction(db, async (transaction) => {
    const dataset = await lockDataset(transaction, datasetId);
    const { headVersion } = dataset;
    if (dataset.status === 'archived')
      throw new ArtenicError('conflict', `The dataset ${dataset.name} is archived: it takes no new versions.`);
    if (expectedHead !== null && expectedHead !== headVersion)
      throw new ArtenicError(
        'conflict',
        `The newest version of ${dataset.name} is ${headVersion}, not ${expectedHead}: another one came first.`,
        { headVersion },
      );
    const head = headVersion === 0 ? null : await getVersion(transaction, datasetId, String(headVersion));
    if (input.kind === 'restore' && head === null)
      throw new ArtenicError('not-found', `The dataset ${dataset.name} has no version yet.`);
    let made: Made;
    if (input.kind === 'restore' && head !== null) {
      made = await restored(transaction, head, input.version);
    } else {
      const changes = input.kind === 'changes' ? input.changes : { put: [], remove: [] };
      const source = nodesOf(transaction, datasetId);
      made = await applyEdits(source, head?.root ?? null, editsOf(changes));
      if (made.root !== head?.root)
        await referTo(transaction, { datasetId, version: headVersion + 1, at: input.at }, changes.put);
      await insertNodes(transaction, datasetId, made.nodes);
    }
    if (head !== null && made.root === head.root) return head;
    return insertVersion(transaction, dataset, head, { input, made });
  });
}
