import { featureTypes, type JsonValue } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A row for each version of a feature's definition. */
export const features = defineEntity({
  name: 'Feature',
  tableName: 'features',
  primaryKeys: ['projectId', 'id'],
  uniques: [{ name: 'features_by_version', properties: ['projectId', 'name', 'version'] }],
  indexes: [{ name: 'features_newest_first', properties: ['projectId', 'createdAt', 'id'] }],
  properties: {
    projectId: p.text().primary(),
    id: p.text().primary(),
    name: p.text(),
    version: p.integer(),
    label: p.text().nullable(),
    type: p.enum(featureTypes).nullable(),
    description: p.text(),
    /** Stays when the dataset goes. */
    datasetId: p.text().nullable(),
    columns: p.json<readonly string[]>(),
    metadata: p.json<Readonly<Record<string, JsonValue>>>(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});
