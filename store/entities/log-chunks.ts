import { logStreams } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from './jobs.ts';

export const logChunks = defineEntity({
  name: 'LogChunk',
  tableName: 'log_chunks',
  primaryKeys: ['jobId', 'attempt', 'stream', 'endOffset'],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    attempt: p.integer().primary(),
    stream: p.enum(logStreams).primary(),
    /** First byte after the chunk: readers look for the first chunk that ends behind their offset. */
    endOffset: p.bigint().primary(),
    bytes: p.bigint(),
    key: p.text(),
  },
});
