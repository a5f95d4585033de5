import type { CheckpointManifest } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

export const checkpoints = defineEntity({
  name: 'Checkpoint',
  tableName: 'checkpoints',
  primaryKeys: ['jobId', 'attempt', 'sequence'],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    attempt: p.integer().primary(),
    sequence: p.integer().primary(),
    manifest: p.json<CheckpointManifest>(),
    /** When its objects were deleted; the manifest's list of files is empty since. */
    collectedAt: p.datetime(3).nullable(),
  },
});
