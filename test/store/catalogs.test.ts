import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CatalogOffer, OfferSearch } from '../../core/catalog/catalog.ts';
import { isGpuType } from '../../core/catalog/gpu-type.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { ActingStore } from '../../store/types.ts';
import { openTestStore } from './support.ts';

let store: ActingStore;
let orm: Awaited<ReturnType<typeof openTestStore>>['orm'];
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, orm, close } = await openTestStore());
});
afterAll(() => close());

const pricedAt = '2026-01-01T00:00:00.000Z';
const offer = (instanceType: string, changes: Partial<CatalogOffer> = {}): CatalogOffer => ({
  ...{ provider: 'p', region: 'eu', zone: 'eu-a', instanceType, spot: false, priceUsdMicrosPerHour: 100 },
  billing: { pricedAt, minimumSeconds: 60, granularitySeconds: 1 },
  resources: { vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null },
  ...changes,
});
const put = (provider: string, offers: readonly CatalogOffer[], part: 'all' | 'spot' = 'all') =>
  store.catalogs.put(provider, offers, part, new Date());
const of = async (provider: string, query: OfferSearch = {}) =>
  (await store.catalogs.search({ providers: [provider], limit: 100, ...query })).map((one) => one.instanceType);

test('an offer comes back as it was put, with a zone and without, billed and free', async () => {
  const { zone: _zone, billing: _billing, ...free } = offer('free', { priceUsdMicrosPerHour: 0 });
  const rows = [free, offer('small'), offer('gpu', { resources: { vcpu: 8, memoryGib: 64, gpus: 1, gpuType: 'A 1' } })];
  await put('p', rows);
  expect(await store.catalogs.search({ providers: ['p'], limit: 10 })).toEqual([rows[0], rows[2], rows[1]]);
});

test('a refresh replaces what was known; that of spot machines leaves the others alone', async () => {
  await put('r', [offer('a'), offer('b'), offer('s', { spot: true }), offer('t', { spot: true })]);
  await put('r', [offer('s', { spot: true, priceUsdMicrosPerHour: 50 }), offer('c')], 'spot');
  expect(await of('r')).toEqual(['s', 'a', 'b']);
  await put('r', [offer('b', { priceUsdMicrosPerHour: 7 }), offer('b', { priceUsdMicrosPerHour: 9 })]);
  expect(await store.catalogs.search({ providers: ['r'], limit: 10 })).toEqual([
    offer('b', { provider: 'r', priceUsdMicrosPerHour: 7 }),
  ]);
  await put('r', []);
  expect(await of('r')).toEqual([]);
});

test('rows that are as they were are not written', async () => {
  const version = async () => {
    const { rows } = await orm.em
      .getConnection()
      .execute<{ rows: { xmin: string; instance_type: string }[] }>(
        `select xmin::text as xmin, instance_type from offers where provider = 'w' order by 2`,
        [],
        'run',
      );
    return rows.map(({ xmin }) => xmin);
  };
  await put('w', [offer('a'), offer('b')]);
  const before = await version();
  await put('w', [offer('a'), offer('b', { priceUsdMicrosPerHour: 1 })]);
  const after = await version();
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test('the ages are those of the last answers, and a refusal keeps them', async () => {
  await put('age', [offer('a')]);
  await store.catalogs.put('age', [], 'spot', new Date(Date.now() - 60_000));
  await store.catalogs.refused('age', new ArtenicError('auth', 'expired'), new Date());
  const known = await store.catalogs.find('age');
  expect(known).toMatchObject({ problem: 'expired', problemType: 'auth' });
  expect(known?.ageMs).toBeLessThan(60_000);
  expect(known?.spotAgeMs).toBeGreaterThanOrEqual(60_000);
  await store.catalogs.refused('mute', new ArtenicError('transient', 'a hiccup'), new Date());
  expect(await store.catalogs.find('mute')).toMatchObject({ ageMs: null, spotAgeMs: null, refreshedAt: null });
});

test('refreshes at one moment do not disturb each other', async () => {
  const some = Array.from({ length: 50 }, (_, index) => offer(`type-${index}`));
  await Promise.all(
    [some, some.toReversed(), some.slice(10), some.toReversed().slice(5)].map((rows) => put('many', rows)),
  );
  expect(await store.catalogs.count({ providers: ['many'] })).toBeGreaterThanOrEqual(40);
});

/** A simple second implementation of the search, as the expected result. */
function isWanted({ resources, ...one }: CatalogOffer, query: OfferSearch): boolean {
  const { regions = [], withoutRegions = [], spot, gpuType, needs = {}, mostUsdMicrosPerHour = Infinity } = query;
  const isThere = regions.length === 0 || regions.includes(one.region) || withoutRegions.includes(one.provider);
  const isEnough =
    resources.vcpu >= (needs.vcpu ?? 0) &&
    resources.memoryGib >= (needs.memoryGib ?? 0) &&
    resources.gpus >= (needs.gpus ?? 0);
  const isRight = gpuType === undefined || (resources.gpuType !== null && isGpuType(gpuType, resources.gpuType));
  return (
    isThere &&
    isEnough &&
    isRight &&
    (spot === undefined || one.spot === spot) &&
    one.priceUsdMicrosPerHour <= mostUsdMicrosPerHour
  );
}

test('a search finds what is wanted and nothing else, the cheapest first, at most so many', async () => {
  const gpuTypes = ['NVIDIA A100-SXM4-80GB', 'NVIDIA A100-SXM4-40GB', 'NVIDIA H100 80GB'] as const;
  const row = fc.record({
    ...{ region: fc.constantFrom('eu', 'us'), zone: fc.constantFrom('a', 'b'), spot: fc.boolean() },
    ...{ vcpu: fc.constantFrom(2, 4.5, 16), memoryGib: fc.constantFrom(8, 64), price: fc.integer({ min: 0, max: 5 }) },
    gpu: fc.option(fc.record({ gpuType: fc.constantFrom(...gpuTypes), gpus: fc.integer({ min: 1, max: 2 }) })),
  });
  const search = fc.record(
    {
      providers: fc.shuffledSubarray(['q1', 'q2'], { minLength: 1 }),
      regions: fc.subarray(['eu', 'us', 'mars']),
      withoutRegions: fc.subarray(['q1', 'q2']),
      spot: fc.boolean(),
      gpuType: fc.constantFrom('A100', 'a100-80gb', 'nvidia', 'H200'),
      needs: fc.record({ vcpu: fc.constantFrom(0, 4.5, 5), memoryGib: fc.constantFrom(0, 9), gpus: fc.nat(2) }),
      mostUsdMicrosPerHour: fc.nat(5),
    },
    { requiredKeys: ['providers'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), fc.array(row, { maxLength: 20 }), search, async (...parts) => {
      const [first, second, query] = parts;
      const offersOf = (provider: string, rows: typeof first) =>
        rows.map(({ price, gpu, vcpu, memoryGib, ...place }, index) =>
          offer(`t${index}`, {
            ...{ provider, ...place, priceUsdMicrosPerHour: price },
            resources: { vcpu, memoryGib, gpus: gpu?.gpus ?? 0, gpuType: gpu?.gpuType ?? null },
          }),
        );
      const all = { q1: offersOf('q1', first), q2: offersOf('q2', second) };
      await put('q1', all.q1);
      await put('q2', all.q2);
      const rankOf = ({ provider }: CatalogOffer) => query.providers.indexOf(provider);
      const wanted = query.providers
        .flatMap((name) => all[name as keyof typeof all])
        .filter((one) => isWanted(one, query))
        .toSorted(
          (one, other) => one.priceUsdMicrosPerHour - other.priceUsdMicrosPerHour || rankOf(one) - rankOf(other),
        );
      const found = await store.catalogs.search({ ...query, limit: 5 });
      const keyOf = (one: CatalogOffer) => `${one.priceUsdMicrosPerHour} ${rankOf(one)}`;
      expect(found.map(keyOf)).toEqual(wanted.slice(0, 5).map(keyOf));
      for (const one of found) expect(wanted).toContainEqual(one);
      expect(await store.catalogs.count(query)).toBe(wanted.length);
    }),
    { numRuns: 60 },
  );
});
