import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { searchCatalog, type CatalogOffer } from '../../../core/catalog/catalog.ts';

const offer = (changes: Partial<CatalogOffer> = {}): CatalogOffer => ({
  ...{ provider: 'p', region: 'r', instanceType: 't', spot: false, priceUsdMicrosPerHour: 100 },
  resources: { vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null },
  ...changes,
});
const gpu = offer({ instanceType: 'g', resources: { vcpu: 8, memoryGib: 64, gpus: 2, gpuType: 'A100' } });

test('each filter leaves what fits', () => {
  const all = [offer(), offer({ spot: true, priceUsdMicrosPerHour: 30 }), gpu, offer({ provider: 'q', region: 's' })];
  const found = (query: Parameters<typeof searchCatalog>[1]) =>
    searchCatalog(all, query).map((one) => all.indexOf(one));
  expect(found({})).toEqual([1, 2, 0, 3]);
  expect(found({ provider: 'q' })).toEqual([3]);
  expect(found({ regions: ['r'] })).toEqual([1, 2, 0]);
  expect(found({ spot: true })).toEqual([1]);
  expect(found({ spot: false, memoryGib: 17 })).toEqual([2]);
  expect(found({ gpus: 2 })).toEqual([2]);
  expect(found({ vcpu: 9 })).toEqual([]);
  expect(found({ isRightGpu: (type) => type === 'A100' })).toEqual([2]);
  expect(found({ isRightGpu: (type) => type === 'H100' })).toEqual([]);
  expect(found({ mostUsdMicrosPerHour: 99 })).toEqual([1]);
});

test('cheapest first, in one order whatever the order was', () => {
  const some = fc.array(
    fc.record({ price: fc.integer({ min: 0, max: 3 }), zone: fc.constantFrom('a', 'b', 'c'), spot: fc.boolean() }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(some, (rows) => {
      const offers = rows.map(({ price, zone, spot }) => offer({ priceUsdMicrosPerHour: price, zone, spot }));
      const found = searchCatalog(offers, {});
      expect(searchCatalog(offers.toReversed(), {})).toEqual(found);
      const prices = found.map(({ priceUsdMicrosPerHour }) => priceUsdMicrosPerHour);
      expect(prices).toEqual(prices.toSorted((one, other) => one - other));
    }),
  );
});
