import { defineEntity, p } from '@mikro-orm/core';
import { refusalKinds, type Offer } from '../../core/failover/types.ts';
import { jobs } from '../jobs/entity.ts';

/** One row for each offer that a job was refused, however often. */
export const launchRefusals = defineEntity({
  name: 'LaunchRefusal',
  tableName: 'launch_refusals',
  primaryKeys: ['jobId', 'provider', 'region', 'zone', 'instanceType', 'spot'],
  indexes: [{ name: 'launch_refusals_last', properties: ['lastAt'] }],
  properties: {
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).primary(),
    provider: p.text().primary(),
    region: p.text().primary(),
    /** Empty where the provider has none. */
    zone: p.text().primary(),
    instanceType: p.text().primary(),
    spot: p.boolean().primary(),
    offer: p.json<Offer>(),
    kind: p.enum(refusalKinds),
    message: p.text(),
    /** Of this kind, one after the other, within one attempt. */
    streak: p.integer(),
    /** Of any kind, of the job. */
    total: p.integer(),
    attempt: p.integer(),
    /** The launch of that attempt which was refused last. */
    launch: p.integer(),
    firstAt: p.datetime(3),
    lastAt: p.datetime(3),
  },
});
