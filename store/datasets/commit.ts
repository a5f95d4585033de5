import type { Selectable } from 'kysely';
import { applyEdits } from '../../core/datasets/apply.ts';
import { editsOf } from '../../core/datasets/changes.ts';
import { diffTrees } from '../../core/datasets/diff.ts';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import { requestProfiles } from '../profiles/repository.ts';
import type { DatasetVersionRecord, NewDatasetVersion, NewLineageEdge } from '../types.ts';
import { referTo } from './contents.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { writeEdges } from '../lineage/write.ts';
import { insertNodes, nodesOf } from './nodes.ts';
import { versionNumbered } from './versions.ts';

type DatasetRow = Selectable<Database['datasets']>;
type CommitInput = Pick<NewDatasetVersion, 'datasetId' | 'message' | 'createdBy' | 'sourceJobId' | 'at'>;

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

type Made = Pick<DatasetVersionRecord, 'root' | 'files' | 'bytes' | 'added' | 'changed' | 'removed'>;

/** Trees never change, so a restore is counted before the dataset is locked, and again if another version came first. */
async function restored(db: Db, datasetId: string, head: number, version: number): Promise<Made & { head: number }> {
  if (head === 0) throw new ArtenicError('not-found', 'The dataset has no version yet.');
  const before = await versionNumbered(db, datasetId, head);
  const { root, files, bytes } = await versionNumbered(db, datasetId, version);
  const counts = { added: 0, changed: 0, removed: 0 };
  for await (const { kind } of diffTrees(nodesOf(db, datasetId), before.root, root)) counts[kind]++;
  return { root, files, bytes, ...counts, head };
}

async function headOf(db: Db, id: string): Promise<number> {
  const row = await db.selectFrom('datasets').select('headVersion').where('id', '=', id).executeTakeFirst();
  return row?.headVersion ?? 0;
}

/** The head that the next version is built on. Throws `conflict` for an archived dataset, and for another head. */
export async function headFor(
  db: Db,
  { id, name, status, headVersion }: DatasetRow,
  expectedHead: number | null,
): Promise<DatasetVersionRecord | null> {
  if (status === 'archived')
    throw new ArtenicError('conflict', `The dataset ${name} is archived: it takes no new versions.`);
  if (expectedHead !== null && expectedHead !== headVersion)
    throw new ArtenicError(
      'conflict',
      `The newest version of ${name} is ${headVersion}, not ${expectedHead}: another one came first.`,
      { headVersion },
    );
  return headVersion === 0 ? null : versionNumbered(db, id, headVersion);
}

export async function insertVersion(
  db: Db,
  { name, projectId, status }: DatasetRow,
  head: DatasetVersionRecord | null,
  { input, made }: { readonly input: CommitInput; readonly made: Made },
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
  await requestProfiles(db, datasetId, version, at);
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
    const early =
      input.kind === 'restore'
        ? await restored(transaction, datasetId, await headOf(transaction, datasetId), input.version)
        : null;
    const dataset = await lockDataset(transaction, datasetId);
    const { headVersion } = dataset;
    const head = await headFor(transaction, dataset, expectedHead);
    let made: Made;
    if (input.kind === 'restore') {
      made = early?.head === headVersion ? early : await restored(transaction, datasetId, headVersion, input.version);
    } else {
      const applied = await applyEdits(nodesOf(transaction, datasetId), head?.root ?? null, editsOf(input.changes));
      const owner = { datasetId, version: headVersion + 1, at: input.at, draft: null };
      if (applied.root !== head?.root) await referTo(transaction, owner, input.changes.put);
      await insertNodes(transaction, datasetId, applied.nodes, null);
      made = applied;
    }
    if (head !== null && made.root === head.root) return head;
    return insertVersion(transaction, dataset, head, { input, made });
  });
}
