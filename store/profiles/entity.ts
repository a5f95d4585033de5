import { defineEntity, p } from '@mikro-orm/core';
import type { ContentProfile } from '@artenic/core';
import { datasets } from '../datasets/entity.ts';

/** Schema and statistics of a content, shared by all versions and datasets that have it. */
export const contentProfiles = defineEntity({
  name: 'StoredProfile',
  tableName: 'content_profiles',
  primaryKeys: ['sha256', 'format'],
  indexes: [{ name: 'content_profiles_by_copy', properties: ['copyKey'], where: 'copy_key is not null' }],
  properties: {
    sha256: p.text().primary(),
    /** The format as which the content was read, such as `csv.gz`. */
    format: p.text().primary(),
    /** Revision of the profiler: an older profile is replaced. */
    revision: p.integer(),
    profile: p.json<ContentProfile>(),
    /** Object with the same rows as Parquet; null when the content itself is quick to page. */
    copyKey: p.text().nullable(),
    copyBytes: p.bigint().nullable(),
    createdAt: p.datetime(3),
  },
});

/** The work of profiling a version; a row is also the order to start it. */
export const datasetProfiles = defineEntity({
  name: 'DatasetProfile',
  tableName: 'dataset_profiles',
  primaryKeys: ['datasetId', 'version'],
  indexes: [{ name: 'dataset_profiles_open', properties: ['requestedAt'], where: 'finished_at is null' }],
  properties: {
    datasetId: p.manyToOne(datasets).mapToPk().joinColumn('dataset_id').index(false).primary(),
    version: p.integer().primary(),
    /** Revision of the profiler for which the work was ordered. */
    revision: p.integer(),
    requestedAt: p.datetime(3),
    /** When the workflow was last started or seen open. */
    startedAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
    profiled: p.integer().defaultRaw('0'),
    failed: p.integer().defaultRaw('0'),
    skipped: p.integer().defaultRaw('0'),
  },
});
