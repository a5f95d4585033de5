import { offersViewSchema, providerNameSchema, type OffersView, type OfferView } from '@artenic/core';
import { z } from 'zod';
import type { CatalogOffer, OfferSearch } from '../../../core/catalog/catalog.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { pageLimit } from '../../schemas.ts';

const microsPerUsd = 1_000_000;

const offersQuery = z.strictObject({
  provider: providerNameSchema.optional(),
  /** Several regions, separated by commas. */
  regions: z.string().min(1).max(1024).optional(),
  /** `spot` or `on-demand`; both when absent. */
  market: z.enum(['spot', 'on-demand']).optional(),
  /** Type of accelerator, for example `A100`. */
  gpu: z.string().min(1).max(64).optional(),
  /** Least number of accelerators. */
  gpus: z.coerce.number().int().min(0).max(1024).optional(),
  /** Least number of cores. */
  vcpu: z.coerce.number().min(0).max(100_000).optional(),
  memoryGib: z.coerce.number().min(0).max(1_000_000).optional(),
  maxHourlyUsd: z.coerce.number().min(0).max(100_000).optional(),
  limit: pageLimit(1, 500).default(100),
});

function offerView({ resources, billing, zone, ...offer }: CatalogOffer): OfferView {
  const { provider, region, instanceType, spot, priceUsdMicrosPerHour } = offer;
  const pricedAt = billing === undefined ? null : new Date(billing.pricedAt).toISOString();
  return {
    ...{ provider, region, zone: zone ?? null, instanceType, spot, priceUsdMicrosPerHour, pricedAt },
    ...resources,
  };
}

export function offerRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/offers',
      permission: 'read',
      tag: 'providers',
      summary: 'What could be launched, cheapest first, as the providers said it last',
      query: offersQuery,
      answers: { 200: { description: 'The offers', schema: offersViewSchema } },
      handle: async ({ deps, query }) => {
        const { provider, regions, market, gpu, gpus, vcpu, memoryGib, maxHourlyUsd, limit } = query;
        const search: OfferSearch = {
          providers: provider === undefined ? undefined : [provider],
          regions: regions?.split(','),
          spot: market === undefined ? undefined : market === 'spot',
          gpuType: gpu,
          needs: { vcpu: vcpu ?? 0, memoryGib: memoryGib ?? 0, gpus: gpus ?? 0 },
          mostUsdMicrosPerHour: maxHourlyUsd === undefined ? undefined : maxHourlyUsd * microsPerUsd,
        };
        const { catalogs } = deps.store;
        const [found, total, known] = await Promise.all([
          catalogs.search({ ...search, limit }),
          catalogs.count(search),
          catalogs.list(),
        ]);
        return ok({
          items: found.map(offerView),
          total,
          catalogs: known
            .filter((one) => provider === undefined || one.provider === provider)
            .map((one) => ({
              ...{ provider: one.provider, problem: one.problem },
              refreshedAt: one.refreshedAt?.toISOString() ?? null,
            })),
        } satisfies OffersView);
      },
    }),
  ];
}
