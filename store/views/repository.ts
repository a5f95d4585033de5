import { mostViews } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { inTransaction, json, lock, type Db } from '../database.ts';
import type { ViewContent, ViewOwner, ViewRecord, ViewsRepository } from '../types.ts';

function ofOwner(db: Db, { projectId, ownerId }: ViewOwner) {
  return db.selectFrom('saved_views').selectAll().where('projectId', '=', projectId).where('ownerId', '=', ownerId);
}

const viewNotFound = (id: string): ArtenicError => new ArtenicError('not-found', `There is no saved view ${id}.`);

/** Under the user's lock, so that neither two names nor too many views come from requests at the same time. */
function changing<T>(db: Db, owner: ViewOwner, work: (transaction: Db) => Promise<T>): Promise<T> {
  return inTransaction(db, async (transaction) => {
    await lock(transaction, `views:${owner.projectId}/${owner.ownerId}`);
    return work(transaction);
  });
}

async function refuseSameName(db: Db, owner: ViewOwner, id: string, { page, name }: ViewContent): Promise<void> {
  const same = await ofOwner(db, owner).where('page', '=', page).where('name', '=', name).executeTakeFirst();
  if (same !== undefined && same.id !== id)
    throw new ArtenicError(
      'conflict',
      `There is a saved view "${name}" already. Take another name, or change that one.`,
    );
}

const insert =
  (db: Db): ViewsRepository['insert'] =>
  ({ at, ...view }) =>
    changing(db, view, async (transaction) => {
      const known = await ofOwner(transaction, view).where('id', '=', view.id).executeTakeFirst();
      if (known !== undefined) return known;
      await refuseSameName(transaction, view, view.id, view);
      if ((await ofOwner(transaction, view).execute()).length >= mostViews)
        throw new ArtenicError('conflict', `A user may have ${mostViews} saved views. Delete one first.`);
      return transaction
        .insertInto('saved_views')
        .values({ ...view, columns: json(view.columns), createdAt: at, updatedAt: at })
        .returningAll()
        .executeTakeFirstOrThrow();
    });

function update(db: Db, owner: ViewOwner, id: string, content: ViewContent, at: Date): Promise<ViewRecord> {
  return changing(db, owner, async (transaction) => {
    const known = await ofOwner(transaction, owner).where('id', '=', id).executeTakeFirst();
    if (known === undefined) throw viewNotFound(id);
    await refuseSameName(transaction, owner, id, content);
    const { page, name, query, columns } = content;
    return transaction
      .updateTable('saved_views')
      .set({ page, name, query, columns: json(columns), updatedAt: at })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

export function createViews(db: Db): ViewsRepository {
  return {
    list: (owner, page) => {
      const views = ofOwner(db, owner).orderBy('page').orderBy('name');
      return (page === undefined ? views : views.where('page', '=', page)).execute();
    },
    insert: insert(db),
    update: (owner, id, content, at) => update(db, owner, id, content, at),
    remove: async ({ projectId, ownerId }, id) => {
      const removed = await db
        .deleteFrom('saved_views')
        .where('projectId', '=', projectId)
        .where('ownerId', '=', ownerId)
        .where('id', '=', id)
        .executeTakeFirst();
      if (removed.numDeletedRows === 0n) throw viewNotFound(id);
    },
  };
}
