import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, type Db } from '../database.ts';
import { decodeNumberCursor, toPage } from '../cursors.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import type { DatasetsRepository } from '../types.ts';
import { lockDataset } from './commit.ts';
import { versionNumbered } from './versions.ts';

const mostTags = 200;

type TagMethods = Pick<DatasetsRepository, 'tags' | 'setTag' | 'tagMoves'>;

const setTag =
  (db: Db): TagMethods['setTag'] =>
  ({ datasetId, tag, version, by, at }) =>
    inTransaction(db, async (transaction) => {
      const { projectId, name } = await lockDataset(transaction, datasetId);
      if (version !== null) await versionNumbered(transaction, datasetId, version);
      const tags = await tagsOf(transaction, datasetId);
      const from = tags.find((one) => one.tag === tag)?.version ?? null;
      if (from === version && version !== null) return;
      if (version === null) {
        if (from === null) throw new ArtenicError('not-found', `The dataset has no tag ${tag}.`);
        await transaction
          .deleteFrom('dataset_tags')
          .where('datasetId', '=', datasetId)
          .where('tag', '=', tag)
          .execute();
      } else {
        if (from === null && tags.length >= mostTags)
          throw new ArtenicError('conflict', `A dataset may have ${mostTags} tags. Remove one first.`);
        const row = { datasetId, tag, version, movedBy: by, movedAt: at };
        await transaction
          .insertInto('dataset_tags')
          .values(row)
          .onConflict((conflict) => conflict.columns(['datasetId', 'tag']).doUpdateSet(row))
          .execute();
      }
      await transaction
        .insertInto('dataset_tag_moves')
        .values({ datasetId, tag, fromVersion: from, toVersion: version, movedBy: by, movedAt: at })
        .execute();
      const details = { name, tag, from, to: version };
      await appendAudit(transaction, { verb: 'dataset.tag', subject: datasetId, projectId, details });
      const event = { topic: 'datasets', kind: 'dataset.tag', subject: datasetId, projectId };
      await appendEvent(transaction, { ...event, data: { projectId, ...details } });
    });

const tagsOf = (db: Db, datasetId: string) =>
  db
    .selectFrom('dataset_tags')
    .select(['tag', 'version', 'movedBy', 'movedAt'])
    .where('datasetId', '=', datasetId)
    .orderBy('tag')
    .execute();

export function tagMethods(db: Db): TagMethods {
  return {
    tags: (datasetId) => tagsOf(db, datasetId),
    setTag: setTag(db),
    tagMoves: async ({ datasetId, cursor, limit }) => {
      let select = db
        .selectFrom('dataset_tag_moves')
        .select(['id', 'tag', 'fromVersion as from', 'toVersion as to', 'movedBy', 'movedAt'])
        .where('datasetId', '=', datasetId);
      if (cursor !== undefined) select = select.where('id', '<', decodeNumberCursor(cursor, 2n ** 62n));
      const rows = await select
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const page = toPage(
        rows,
        limit,
        (row) => row,
        ({ id }) => [String(id)],
      );
      const items = page.items.map(({ tag, from, to, movedBy, movedAt }) => ({ tag, from, to, movedBy, movedAt }));
      return { items, nextCursor: page.nextCursor };
    },
  };
}
