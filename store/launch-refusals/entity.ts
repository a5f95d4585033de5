import { defineEntity, p } from '@mikro-orm/core';
import { refusalKinds, type Offer } from '../../core/failover/types.ts';
import { jobs } from '../jobs/entity.ts';

/** A row for each refused offer of a job, however often it was refused. */
export const launchRefusals = defineEntity({
  name: 'LaunchRefusal',
  tableName: 'launch_refusals',
  primaryKeys: ['jobId', 'provider', 'region', 'zone', 'instanceType', 'spot'],
  indexes: [{ name: 'launch_refusals_last', properties: ['lastAt'] }],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    provider: p.text().primary(),
    region: p.text().primary(),
    /** Empty if the offer has no zone. */
    zone: p.text().primary(),
    instanceType: p.text().primary(),
    spot: p.boolean().primary(),
    offer: p.json<Offer>(),
    kind: p.enum(refusalKinds),
    message: p.text(),
    /** Number of consecutive refusals of this kind within one attempt. */
    streak: p.integer(),
    /** Number of all refusals of this offer for this job. */
    total: p.integer(),
    attempt: p.integer(),
    /** The last refused launch of that attempt. */
    launch: p.integer(),
    firstAt: p.datetime(3),
    lastAt: p.datetime(3),
  },
});
