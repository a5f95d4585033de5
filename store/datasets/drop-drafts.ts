import { sql } from 'kysely';
import { inTransaction, type Db } from '../database.ts';
import type { DraftsRepository } from '../types.ts';
import { lockDataset } from './commit.ts';

type Draft = { readonly datasetId: string; readonly draft: string };

/** Contents of a version stay: they belong to no draft any more. */
async function keepContents(db: Db, { datasetId, draft }: Draft, limit: number): Promise<number> {
  const { rows } = await sql`
    delete from dataset_draft_contents where dataset_id = ${datasetId} and sha256 in (
      select sha256 from dataset_draft_contents where dataset_id = ${datasetId} and draft_id = ${draft} limit ${limit}
    ) returning 1`.execute(db);
  return rows.length;
}

/** Contents that only this draft has go; the time of an upload without a reference begins for them. */
async function dropContents(db: Db, { datasetId, draft }: Draft, limit: number, at: Date): Promise<number> {
  const { rows } = await sql<{ sha256: string }>`
    delete from dataset_draft_contents where dataset_id = ${datasetId} and draft_id = ${draft} and sha256 in (
      select sha256 from dataset_draft_contents where dataset_id = ${datasetId} and draft_id = ${draft} limit ${limit}
    ) returning sha256`.execute(db);
  const sha256s = rows.map(({ sha256 }) => sha256);
  await sql`
    delete from dataset_contents where dataset_id = ${datasetId} and sha256 = any (${sha256s}) and purged_at is null
      and not exists (
        select from dataset_draft_contents as others
        where others.dataset_id = dataset_contents.dataset_id and others.sha256 = dataset_contents.sha256
      )`.execute(db);
  const keys = sha256s.map((sha256) => `data/${sha256}`);
  await sql`
    update object_uses set used_at = ${at} where used_at < ${at} and key in (
      select key from object_uses where key = any (${keys}) order by key for no key update
    )`.execute(db);
  return rows.length;
}

async function dropNodes(db: Db, { datasetId, draft }: Draft, limit: number): Promise<number> {
  const dropped = await sql`
    delete from dataset_nodes where ctid = any (array(
      select ctid from dataset_nodes where dataset_id = ${datasetId} and draft_id = ${draft} limit ${limit}
    ))`.execute(db);
  return Number(dropped.numAffectedRows ?? 0);
}

function dropDraft(db: Db, given: Parameters<DraftsRepository['dropDraft']>[0]) {
  const { datasetId, draft, limit, at } = given;
  return inTransaction(db, async (transaction) => {
    await lockDataset(transaction, datasetId);
    const row = await transaction
      .selectFrom('dataset_drafts')
      .select('state')
      .where('datasetId', '=', datasetId)
      .where('id', '=', draft)
      .where('state', '<>', 'open')
      .executeTakeFirst();
    if (row === undefined) return { rows: 0, isGone: true };
    const isVersion = row.state === 'committed';
    const contents = isVersion
      ? await keepContents(transaction, given, limit)
      : await dropContents(transaction, given, limit, at);
    const nodes = isVersion ? 0 : await dropNodes(transaction, given, limit);
    if (contents >= limit || nodes >= limit) return { rows: contents + nodes, isGone: false };
    await transaction.deleteFrom('dataset_drafts').where('datasetId', '=', datasetId).where('id', '=', draft).execute();
    return { rows: contents + nodes + 1, isGone: true };
  });
}

type DropMethods = Pick<DraftsRepository, 'endOldDrafts' | 'countOldDrafts' | 'closedDrafts' | 'dropDraft'>;

export function dropMethods(db: Db): DropMethods {
  return {
    endOldDrafts: async (before, at) => {
      const ended = await db
        .updateTable('dataset_drafts')
        .set({ state: 'ended', updatedAt: at })
        .where('state', '=', 'open')
        .where('updatedAt', '<', before)
        .executeTakeFirst();
      return Number(ended.numUpdatedRows);
    },
    countOldDrafts: async (before) => {
      const old = await db
        .selectFrom('dataset_drafts')
        .select((of) => of.fn.countAll().as('number'))
        .where('state', '=', 'open')
        .where('updatedAt', '<', before)
        .executeTakeFirstOrThrow();
      return Number(old.number);
    },
    closedDrafts: (limit) =>
      db
        .selectFrom('dataset_drafts')
        .innerJoin('datasets', 'datasets.id', 'dataset_drafts.datasetId')
        .select(['dataset_drafts.datasetId', 'dataset_drafts.id'])
        .where('dataset_drafts.state', '<>', 'open')
        .where('datasets.deletedAt', 'is', null)
        .orderBy('dataset_drafts.updatedAt')
        .limit(limit)
        .execute(),
    dropDraft: (given) => dropDraft(db, given),
  };
}
