import { logStreams } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

/** Location of a log's bytes: in the row itself while they are new, then in an object. */
export const logChunks = defineEntity({
  name: 'LogChunk',
  tableName: 'log_chunks',
  primaryKeys: ['jobId', 'attempt', 'stream', 'endOffset'],
  checks: [{ name: 'log_chunks_place_check', expression: '(key is null) <> (content is null)' }],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    attempt: p.integer().primary(),
    stream: p.enum(logStreams).primary(),
    /** Offset of the first byte after the chunk: readers look for the first chunk that ends after their offset. */
    endOffset: p.bigint().primary(),
    bytes: p.bigint(),
    content: p.blob().nullable(),
    key: p.text().nullable(),
    /** Position of the gzipped chunk within its object. Null: the object contains only this chunk. */
    objectOffset: p.bigint().nullable(),
    objectBytes: p.bigint().nullable(),
  },
});
