import { defineEntity, p } from '@mikro-orm/core';

export const offers = defineEntity({
  name: 'OfferRow',
  tableName: 'offers',
  indexes: [
    { name: 'offers_by_price', properties: ['provider', 'spot', 'priceUsdMicrosPerHour'] },
    { name: 'offers_with_gpus', properties: ['provider', 'spot', 'priceUsdMicrosPerHour'], where: 'gpus > 0' },
  ],
  properties: {
    provider: p.text().primary(),
    region: p.text().primary(),
    /** Empty if the provider chooses the zone. */
    zone: p.text().primary(),
    instanceType: p.text().primary(),
    spot: p.boolean().primary(),
    priceUsdMicrosPerHour: p.bigint('number'),
    pricedAt: p.datetime(3).nullable(),
    minimumSeconds: p.integer().nullable(),
    granularitySeconds: p.integer().nullable(),
    vcpu: p.double().$type<number>(),
    memoryGib: p.double().$type<number>(),
    gpus: p.integer(),
    gpuType: p.text().nullable(),
    /** Words of `gpuType`, for the search by a job's GPU name. */
    gpuWords: p.array().nullable(),
  },
});
