import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FirstLaunchView, OffersView, OfferTypesView } from '@artenic/core';
import type { CatalogOffer } from '../../core/catalog/catalog.ts';
import { ArtenicError } from '../../core/errors.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const pricedAt = '2026-01-01T00:00:00.000Z';
const offer = (
  instanceType: string,
  priceUsdMicrosPerHour: number,
  changes: Partial<CatalogOffer> = {},
): CatalogOffer => ({
  ...{ provider: 'cloud', region: 'eu', zone: 'eu-a', instanceType, spot: false, priceUsdMicrosPerHour },
  billing: { pricedAt, minimumSeconds: 60, granularitySeconds: 1 },
  resources: { vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null },
  ...changes,
});
const ask = async (query = '') => (await world.call('GET', `/api/v1/offers${query}`)).json<OffersView>();

test('before anybody has asked a provider there is nothing, and it says so', async () => {
  expect(await ask()).toEqual({ items: [], total: 0, catalogs: [] });
});

test('what fits, cheapest first, with the age of each price and of each catalog', async () => {
  const at = new Date('2026-01-02T00:00:00.000Z');
  const gpus = { vcpu: 12, memoryGib: 85, gpus: 1, gpuType: 'NVIDIA A100-80GB' };
  const rows = [
    offer('large', 400_000),
    offer('gpu', 1_500_000, { resources: gpus, spot: true }),
    offer('small', 80_000),
  ];
  await world.store.catalogs.put('cloud', rows, 'all', at);
  await world.store.catalogs.refused('broken', new ArtenicError('auth', 'The key has run out.'), at);
  const all = await ask();
  expect(all.items.map(({ instanceType }) => instanceType)).toEqual(['small', 'large', 'gpu']);
  expect(all.items[2]).toEqual({
    ...{ provider: 'cloud', region: 'eu', zone: 'eu-a', instanceType: 'gpu', spot: true },
    ...{ vcpu: 12, memoryGib: 85, gpus: 1, gpuType: 'NVIDIA A100-80GB', priceUsdMicrosPerHour: 1_500_000, pricedAt },
  });
  expect(all.catalogs).toEqual([
    { provider: 'broken', refreshedAt: null, problem: 'The key has run out.' },
    { provider: 'cloud', refreshedAt: at.toISOString(), problem: null },
  ]);
  const typesOf = async (query: string) => (await ask(query)).items.map(({ instanceType }) => instanceType);
  expect(await typesOf('?gpu=a100')).toEqual(['gpu']);
  expect(await typesOf('?market=on-demand&maxHourlyUsd=0.1')).toEqual(['small']);
  expect(await typesOf('?vcpu=5&memoryGib=64&gpus=1')).toEqual(['gpu']);
  expect(await typesOf('?regions=us,eu&provider=cloud&limit=1')).toEqual(['small']);
  expect((await ask('?limit=1')).total).toBe(3);
  expect(await typesOf('?provider=broken')).toEqual([]);
});

test('by machine type: the lowest price of each market, zones, order, search and a limit', async () => {
  const at = new Date('2026-01-02T00:00:00.000Z');
  const gpu = { resources: { vcpu: 12, memoryGib: 85, gpus: 1, gpuType: 'NVIDIA A100-80GB' } };
  await world.store.catalogs.put(
    'zoned',
    [
      offer('m-1', 80_000, { provider: 'zoned' }),
      offer('m-1', 30_000, { provider: 'zoned', spot: true }),
      offer('m-1', 20_000, { provider: 'zoned', spot: true, zone: 'eu-b' }),
      offer('m-1', 70_000, { provider: 'zoned', region: 'us', zone: 'us-a' }),
      offer('g_1', 50_000, { provider: 'zoned', ...gpu }),
    ],
    'all',
    at,
  );
  const types = async (query: string) =>
    (await world.call('GET', `/api/v1/offers/types?provider=zoned${query}`)).json<OfferTypesView>();
  const all = await types('');
  expect(all.total).toBe(2);
  expect(all.items[0]).toEqual({
    ...{ provider: 'zoned', instanceType: 'm-1', vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null },
    ...{ regions: 2, places: 3, spotFromUsdMicrosPerHour: 20_000, onDemandFromUsdMicrosPerHour: 70_000 },
  });
  expect(all.items[1]).toMatchObject({ instanceType: 'g_1', spotFromUsdMicrosPerHour: null, places: 1 });
  const named = async (query: string) => (await types(query)).items.map(({ instanceType }) => instanceType);
  expect(await named('&sort=gpus')).toEqual(['g_1', 'm-1']);
  expect(await named('&search=a100')).toEqual(['g_1']);
  expect(await named('&search=_')).toEqual(['g_1']);
  expect(await named('&market=spot')).toEqual(['m-1']);
  expect(await types('&limit=1')).toMatchObject({ total: 2, items: [{ instanceType: 'm-1' }] });
  expect((await ask('?provider=zoned&instanceTypes=m-1')).total).toBe(4);
});

test('the first launch of a job is that of the policy: spot first with a fallback, or why there is none', async () => {
  await world.store.catalogs.put(
    'zoned',
    [
      offer('m-1', 80_000, { provider: 'zoned' }),
      offer('m-1', 20_000, { provider: 'zoned', spot: true, zone: 'eu-b' }),
    ],
    'all',
    new Date(),
  );
  const first = async (placement: object, resources: object = {}) =>
    (
      await world.call('POST', '/api/v1/offers/first-launch', {
        body: { placement: { providers: ['zoned'], ...placement }, resources },
      })
    ).json<FirstLaunchView>();
  expect((await first({ mode: 'spot-with-fallback' })).offer).toEqual({
    ...{ provider: 'zoned', region: 'eu', zone: 'eu-b', instanceType: 'm-1', spot: true },
    priceUsdMicrosPerHour: 20_000,
  });
  expect((await first({})).offer).toMatchObject({ spot: false, priceUsdMicrosPerHour: 80_000 });
  expect(await first({ maxHourlyUsd: 0.01 })).toMatchObject({
    offer: null,
    reason: expect.stringContaining('No provider offers what the job asks for'),
  });
  expect(await first({ providers: ['cloud'] })).toMatchObject({
    offer: null,
    reason: expect.stringMatching(/^Paused/),
  });
});

test('a refusal keeps what was known, with its age', async () => {
  const at = new Date('2026-01-03T00:00:00.000Z');
  await world.store.catalogs.refused('cloud', new ArtenicError('transient', 'It does not answer.'), at);
  const { total, catalogs } = await ask('?provider=cloud');
  expect(total).toBe(3);
  expect(catalogs).toEqual([
    { provider: 'cloud', refreshedAt: '2026-01-02T00:00:00.000Z', problem: 'It does not answer.' },
  ]);
});

test('what makes no sense is refused', async () => {
  for (const query of ['?market=cheap', '?vcpu=many', '?limit=0', '?provider=No%20Name', '?zone=a'])
    expect((await world.call('GET', `/api/v1/offers${query}`)).status).toBe(422);
});
