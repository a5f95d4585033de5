import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

/** Jobs that need an object stored under the hash of its content. */
export const objectRefs = defineEntity({
  name: 'ObjectRef',
  tableName: 'object_refs',
  primaryKeys: ['key', 'jobId'],
  indexes: [{ name: 'object_refs_by_job', properties: ['jobId'] }],
  properties: {
    key: p.text().primary(),
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
  },
});

/** When an object stored under the hash of its content was last requested or stored. */
export const objectUses = defineEntity({
  name: 'ObjectUse',
  tableName: 'object_uses',
  indexes: [{ name: 'object_uses_oldest', properties: ['usedAt', 'key'] }],
  properties: {
    key: p.text().primary(),
    usedAt: p.datetime(3),
    /** Known once the object has been seen in the storage. */
    bytes: p.bigint().nullable(),
    /** Since when the object is being deleted; requests for it are refused meanwhile. */
    removingAt: p.datetime(3).nullable(),
  },
});

/** Only one collector runs at a time. */
export const collectorLeases = defineEntity({
  name: 'CollectorLease',
  tableName: 'collector_leases',
  properties: { name: p.text().primary(), holder: p.text(), until: p.datetime(3) },
});
