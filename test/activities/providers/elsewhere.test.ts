import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createElsewhere } from '../../../activities/providers/elsewhere.ts';
import type { OfferQuery } from '../../../activities/providers/provider.ts';
import { ActivityWorld } from '../world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

const capabilities = { spot: true, preemptionNotice: true, idempotencyToken: true, regions: true };
const everything: OfferQuery = {
  ...{ needs: { vcpu: 1, memoryGib: 1, gpus: 0 }, gpuType: null, regions: [], spot: null },
};

test('what is not served here is offered as its own worker has written it down, and is asked of that one only', async () => {
  const far = createElsewhere({ name: 'far', capabilities }, world.store);
  expect(await far.offers(everything)).toEqual([]);
  const resources = { vcpu: 4, memoryGib: 16, gpus: 0, gpuType: null };
  const offer = { provider: 'far', region: 'north', instanceType: 'm', spot: false, priceUsdMicrosPerHour: 200 };
  const cheap = { ...offer, spot: true, priceUsdMicrosPerHour: 50 };
  const gpu = { ...offer, region: 'south', instanceType: 'g', priceUsdMicrosPerHour: 900 };
  await world.store.catalogs.put(
    'far',
    [
      { ...offer, resources },
      { ...cheap, resources },
      { ...gpu, resources: { ...resources, gpus: 1, gpuType: 'L4' } },
    ],
    new Date(),
  );
  expect(await far.offers(everything)).toEqual([cheap, offer, gpu]);
  expect(await far.offers({ ...everything, spot: false, regions: ['north'] })).toEqual([offer]);
  expect(await far.offers({ ...everything, gpuType: 'L4' })).toEqual([gpu]);
  expect(await far.offers({ ...everything, needs: { vcpu: 8, memoryGib: 1, gpus: 0 } })).toEqual([]);
  await expect(far.list()).rejects.toMatchObject({ type: 'transient' });
});
