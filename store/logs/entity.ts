import { logStreams } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

/** Where the bytes of logs are: in the row itself while they are new, then in an object. */
export const logChunks = defineEntity({
  name: 'LogChunk',
  tableName: 'log_chunks',
  primaryKeys: ['jobId', 'attempt', 'stream', 'endOffset'],
  checks: [{ name: 'log_chunks_place_check', expression: '(key is null) <> (content is null)' }],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    attempt: p.integer().primary(),
    stream: p.enum(logStreams).primary(),
    /** First byte after the chunk: readers look for the first chunk that ends behind their offset. */
    endOffset: p.bigint().primary(),
    bytes: p.bigint(),
    content: p.blob().nullable(),
    key: p.text().nullable(),
    /** Where the chunk, as gzip, is within its object. Null: the object holds nothing else. */
    objectOffset: p.bigint().nullable(),
    objectBytes: p.bigint().nullable(),
  },
});
