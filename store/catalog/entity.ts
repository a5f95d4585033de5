import { defineEntity, p } from '@mikro-orm/core';
import type { ErrorType } from '../../core/errors.ts';

export const catalogs = defineEntity({
  name: 'Catalog',
  tableName: 'catalogs',
  properties: {
    provider: p.text().primary(),
    refreshedAt: p.datetime(3).nullable(),
    spotRefreshedAt: p.datetime(3).nullable(),
    triedAt: p.datetime(3),
    problem: p.text().nullable(),
    problemType: p.text().$type<ErrorType>().nullable(),
  },
});
