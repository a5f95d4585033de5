import { expect, test } from '@jest/globals';
import { refuseUnserved, servedBy } from '../../workers/compose/queues.ts';

test('a worker serves everything, or what it is told', () => {
  const all = servedBy('');
  expect([all.control, all.isProviderServed('here'), all.isProviderServed('far')]).toEqual([true, true, true]);
  const some = servedBy('control, far');
  expect([some.control, some.isProviderServed('here'), some.isProviderServed('far')]).toEqual([true, false, true]);
  expect(servedBy('here').control).toBe(false);
});

test('a name that nothing has is refused with those that there are, and what is not configured with how to do that', () => {
  const refuse =
    (text: string, environment = {}) =>
    () =>
      refuseUnserved(text, environment);
  expect(refuse('')).not.toThrow();
  expect(refuse('control,data,local')).not.toThrow();
  expect(refuse('control,moon')).toThrow('names moon; there are control, data, aws, local, simulated');
  expect(refuse('aws')).toThrow('names aws, which is not configured. Set ARTENIC_AWS_REGIONS');
  expect(refuse('aws', { ARTENIC_AWS_REGIONS: 'eu-west-1' })).not.toThrow();
  expect(refuse('aws', { ARTENIC_AWS_REGIONS: 'Ireland' })).toThrow('ARTENIC_AWS_REGIONS: names of regions');
});
