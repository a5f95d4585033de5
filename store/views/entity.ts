import { defineEntity, p } from '@mikro-orm/core';

/** Lists as a user wants them: filters, order and columns. The owner is an API key, with which its sessions work, too. */
export const savedViews = defineEntity({
  name: 'SavedView',
  tableName: 'saved_views',
  uniques: [{ name: 'saved_views_by_owner', properties: ['projectId', 'ownerId', 'page', 'name'] }],
  properties: {
    id: p.text().primary(),
    projectId: p.text(),
    ownerId: p.text(),
    page: p.text(),
    name: p.text(),
    query: p.text(),
    columns: p.json<readonly string[]>(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});
