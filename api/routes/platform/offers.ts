import {
  firstLaunchViewSchema,
  offersViewSchema,
  offerTypeSorts,
  offerTypesViewSchema,
  placementSchema,
  providerNameSchema,
  resourcesSchema,
  type CatalogView,
  type OffersView,
  type OfferTypesView,
  type OfferView,
} from '@artenic/core';
import { z } from 'zod';
import { firstLaunch } from '../../../app/offers/first-launch.ts';
import type { CatalogOffer, OfferSearch } from '../../../core/catalog/catalog.ts';
import type { CatalogRecord } from '../../../store/types.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { pageLimit } from '../../schemas.ts';

const microsPerUsd = 1_000_000;

const names = z.string().min(1).max(4096);
const searchFields = {
  provider: providerNameSchema.optional(),
  /** Several providers, separated by commas. */
  providers: names.optional(),
  /** Several machine types, separated by commas. */
  instanceTypes: names.optional(),
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
};
const offersQuery = z.strictObject(searchFields);
const typesQuery = z.strictObject({
  ...searchFields,
  search: z.string().min(1).max(64).optional().meta({ description: 'A part of the name of type, GPU or provider.' }),
  sort: z.enum(offerTypeSorts).default('price'),
});

type Filter = Omit<z.output<typeof offersQuery>, 'limit'>;

function providersIn({ provider, providers }: Filter): readonly string[] | undefined {
  return provider === undefined ? providers?.split(',') : [provider];
}

function searchOf(filter: Filter): OfferSearch {
  const { regions, instanceTypes, market, gpu, gpus, vcpu, memoryGib, maxHourlyUsd } = filter;
  return {
    providers: providersIn(filter),
    regions: regions?.split(','),
    instanceTypes: instanceTypes?.split(','),
    spot: market === undefined ? undefined : market === 'spot',
    gpuType: gpu,
    needs: { vcpu: vcpu ?? 0, memoryGib: memoryGib ?? 0, gpus: gpus ?? 0 },
    mostUsdMicrosPerHour: maxHourlyUsd === undefined ? undefined : maxHourlyUsd * microsPerUsd,
  };
}

function catalogViews(known: readonly CatalogRecord[], filter: Filter): readonly CatalogView[] {
  const asked = providersIn(filter);
  return known
    .filter(({ provider }) => asked === undefined || asked.includes(provider))
    .map(({ provider, problem, refreshedAt }) => ({
      ...{ provider, problem },
      refreshedAt: refreshedAt?.toISOString() ?? null,
    }));
}

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
        const { limit, ...filter } = query;
        const search = searchOf(filter);
        const { catalogs } = deps.store;
        const [found, total, known] = await Promise.all([
          catalogs.search({ ...search, limit }),
          catalogs.count(search),
          catalogs.list(),
        ]);
        return ok({
          ...{ items: found.map(offerView), total, catalogs: [...catalogViews(known, filter)] },
        } satisfies OffersView);
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/offers/types',
      permission: 'read',
      tag: 'providers',
      summary: 'Machine types that could be launched, with their lowest prices',
      query: typesQuery,
      answers: { 200: { description: 'The machine types', schema: offerTypesViewSchema } },
      handle: async ({ deps, query }) => {
        const { limit, search, sort, ...filter } = query;
        const { catalogs } = deps.store;
        const [{ items, total }, known] = await Promise.all([
          catalogs.types({ ...searchOf(filter), limit, search, sort }),
          catalogs.list(),
        ]);
        return ok({
          ...{ items: [...items], total, catalogs: [...catalogViews(known, filter)] },
        } satisfies OfferTypesView);
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/offers/first-launch',
      permission: 'read',
      tag: 'providers',
      summary: 'The offer that a job would be launched on first, if it were submitted now',
      body: z.strictObject({
        resources: resourcesSchema.prefault({}),
        placement: placementSchema.prefault({}),
        priority: z.number().int().min(-100).max(100).default(0),
      }),
      answers: { 200: { description: 'The offer, or why there is none', schema: firstLaunchViewSchema } },
      handle: async ({ deps, body }) => ok(await firstLaunch(deps, body)),
    }),
  ];
}
