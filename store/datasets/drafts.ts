import { sql, type Selectable } from 'kysely';
import { applyEdits } from '../../core/datasets/apply.ts';
import { editsOf } from '../../core/datasets/changes.ts';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import type { DatasetDraftRecord, DatasetVersionRecord, DraftsRepository } from '../types.ts';
import { headFor, insertVersion, lockDataset } from './commit.ts';
import { referTo } from './contents.ts';
import { dropMethods } from './drop-drafts.ts';
import { insertNodes, nodesOf } from './nodes.ts';
import { versionNumbered } from './versions.ts';

/** Each holds rows and objects until it ends. */
const mostDrafts = 20;

type DraftRow = Selectable<Database['dataset_drafts']>;

function toRecord(row: DraftRow): DatasetDraftRecord {
  return { ...row, bytes: Number(row.bytes) };
}

async function draftRow(db: Db, datasetId: string, id: string): Promise<DraftRow> {
  const row = await db
    .selectFrom('dataset_drafts')
    .selectAll()
    .where('datasetId', '=', datasetId)
    .where('id', '=', id)
    .where('state', '<>', 'ended')
    .executeTakeFirst();
  if (row === undefined) throw new ArtenicError('not-found', `The dataset has no draft ${id}: begin a new one.`);
  return row;
}

/** The draft, which nobody changes until the transaction ends. */
async function openRow(db: Db, datasetId: string, id: string): Promise<DraftRow> {
  await sql`
    select from dataset_drafts where dataset_id = ${datasetId} and id = ${id} for no key update`.execute(db);
  return draftRow(db, datasetId, id);
}

function openDraft(db: Db, given: Parameters<DraftsRepository['openDraft']>[0]): Promise<DatasetDraftRecord> {
  const { datasetId, draft: id, expectedHead, createdBy, at } = given;
  return inTransaction(db, async (transaction) => {
    const head = await headFor(transaction, await lockDataset(transaction, datasetId), expectedHead);
    const open = await transaction
      .selectFrom('dataset_drafts')
      .select((of) => of.fn.countAll().as('number'))
      .where('datasetId', '=', datasetId)
      .where('state', '=', 'open')
      .executeTakeFirstOrThrow();
    if (Number(open.number) >= mostDrafts)
      throw new ArtenicError('conflict', `The dataset has ${mostDrafts} open drafts. Commit or delete one first.`);
    const { version: baseVersion = 0, root = null, files = 0, bytes = 0 } = head ?? {};
    const row = await transaction
      .insertInto('dataset_drafts')
      .values({
        ...{ datasetId, id, baseVersion, root, files, bytes: BigInt(bytes), added: 0, changed: 0, removed: 0 },
        ...{ state: 'open', version: null, createdBy, createdAt: at, updatedAt: at },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toRecord(row);
  });
}

function mustBeOpen({ id, state, version }: DraftRow): void {
  if (state === 'committed') throw new ArtenicError('conflict', `The draft ${id} is version ${version} already.`);
}

function changeDraft(db: Db, given: Parameters<DraftsRepository['changeDraft']>[0]): Promise<DatasetDraftRecord> {
  const { datasetId, draft, changes, at } = given;
  return inTransaction(db, async (transaction) => {
    await lockDataset(transaction, datasetId);
    const row = await openRow(transaction, datasetId, draft);
    mustBeOpen(row);
    const made = await applyEdits(nodesOf(transaction, datasetId), row.root, editsOf(changes));
    const owner = { datasetId, version: row.baseVersion + 1, at, draft };
    if (made.root !== row.root) await referTo(transaction, owner, changes.put);
    await insertNodes(transaction, datasetId, made.nodes, draft);
    // Nodes of earlier changes that are not in the draft's tree any more.
    await sql`
      delete from dataset_nodes
      where dataset_id = ${datasetId} and draft_id = ${draft} and hash = any (${[...made.replaced]})`.execute(
      transaction,
    );
    const changed = await transaction
      .updateTable('dataset_drafts')
      .set({ root: made.root, files: made.files, bytes: BigInt(made.bytes), updatedAt: at })
      .set({
        added: row.added + made.added,
        changed: row.changed + made.changed,
        removed: row.removed + made.removed,
      })
      .where('datasetId', '=', datasetId)
      .where('id', '=', draft)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toRecord(changed);
  });
}

function commitDraft(db: Db, given: Parameters<DraftsRepository['commitDraft']>[0]): Promise<DatasetVersionRecord> {
  const { datasetId, draft, ...input } = given;
  return inTransaction(db, async (transaction) => {
    const dataset = await lockDataset(transaction, datasetId);
    const row = await openRow(transaction, datasetId, draft);
    // The answer of an earlier request was lost.
    if (row.version !== null) return versionNumbered(transaction, datasetId, row.version);
    const head = await headFor(transaction, dataset, row.baseVersion);
    const { root, files, added, changed, removed } = row;
    let version = head;
    if (root !== null && root !== head?.root) {
      const made = { root, files, bytes: Number(row.bytes), added, changed, removed };
      version = await insertVersion(transaction, dataset, head, { input: { ...input, datasetId }, made });
    }
    if (version === null) throw new ArtenicError('conflict', `The draft ${draft} has no files yet.`);
    await transaction
      .updateTable('dataset_drafts')
      .set({ state: 'committed', version: version.version, updatedAt: input.at })
      .where('datasetId', '=', datasetId)
      .where('id', '=', draft)
      .execute();
    return version;
  });
}

export function draftMethods(db: Db): DraftsRepository {
  return {
    openDraft: (given) => openDraft(db, given),
    draft: async (datasetId, id) => toRecord(await draftRow(db, datasetId, id)),
    changeDraft: (given) => changeDraft(db, given),
    commitDraft: (given) => commitDraft(db, given),
    endDraft: ({ datasetId, draft, at }) =>
      inTransaction(db, async (transaction) => {
        await lockDataset(transaction, datasetId);
        mustBeOpen(await openRow(transaction, datasetId, draft));
        await transaction
          .updateTable('dataset_drafts')
          .set({ state: 'ended', updatedAt: at })
          .where('datasetId', '=', datasetId)
          .where('id', '=', draft)
          .execute();
      }),
    ...dropMethods(db),
  };
}
