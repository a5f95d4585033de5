import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

/** Dataset versions that jobs read and have written. The row of a dataset may go before that of the job. */
export const jobDatasets = defineEntity({
  name: 'JobDataset',
  tableName: 'job_datasets',
  primaryKeys: ['jobId', 'role', 'position'],
  indexes: [{ name: 'job_datasets_by_dataset', properties: ['datasetId', 'version'] }],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    role: p.enum(['input', 'output'] as const).primary(),
    position: p.integer().primary(),
    datasetId: p.text(),
    dataset: p.text(),
    version: p.integer(),
    root: p.text(),
    reference: p.text(),
    folder: p.text(),
    paths: p.json<readonly string[]>().nullable(),
    allowPurged: p.boolean(),
    files: p.integer(),
    bytes: p.bigint(),
  },
});
