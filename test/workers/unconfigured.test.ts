import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { refuseUnconfigured } from '../../workers/compose/unconfigured.ts';
import { servedBy } from '../../workers/compose/queues.ts';
import { ActivityWorld } from '../activities/world.ts';

let world: ActivityWorld;
beforeAll(async () => {
  world = await ActivityWorld.make();
});
afterAll(() => world.close());

const options = { ARTENIC_AWS_REGIONS: 'eu-west-1' };

test('a provider whose options are gone says so, and one that was never configured says nothing', async () => {
  await world.addProvider('aws', []);
  const problemOf = async (): Promise<string | null> => (await world.store.catalogs.find('aws'))?.problem ?? null;
  expect(await refuseUnconfigured(world.store, servedBy(''), options)).toEqual([]);
  // A worker that does not serve the provider does not check its options.
  expect(await refuseUnconfigured(world.store, servedBy('control,local'), {})).toEqual([]);
  expect(await problemOf()).toBeNull();
  expect(await refuseUnconfigured(world.store, servedBy(''), {})).toEqual(['aws']);
  expect(await problemOf()).toMatch(/^The provider aws is not configured any more\. Set ARTENIC_AWS_REGIONS/);
  // The next refresh of a configured worker clears the problem.
  await world.addProvider('aws', []);
  expect(await problemOf()).toBeNull();
});
