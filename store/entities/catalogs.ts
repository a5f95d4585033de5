import { defineEntity, p } from '@mikro-orm/core';
import type { CatalogOffer } from '../../core/catalog/catalog.ts';

export const catalogs = defineEntity({
  name: 'Catalog',
  tableName: 'catalogs',
  properties: {
    provider: p.text().primary(),
    offers: p.json<readonly CatalogOffer[]>(),
    refreshedAt: p.datetime(3).nullable(),
    triedAt: p.datetime(3),
    problem: p.text().nullable(),
  },
});
