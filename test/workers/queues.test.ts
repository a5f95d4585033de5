import { expect, test } from '@jest/globals';
import { refuseUnknownQueues, servedBy } from '../../workers/queues.ts';

test('a worker serves everything, or what it is told', () => {
  const all = servedBy('');
  expect([all.control, all.isProviderServed('local'), all.isProviderServed('aws')]).toEqual([true, true, true]);
  const some = servedBy('control, provider-aws');
  expect([some.control, some.isProviderServed('local'), some.isProviderServed('aws')]).toEqual([true, false, true]);
  expect(servedBy('local').control).toBe(false);
});

test('a queue that nobody has is refused, with those that there are', () => {
  const providers = ['local', 'aws'];
  expect(() => refuseUnknownQueues('control,local,provider-aws', providers)).not.toThrow();
  expect(() => refuseUnknownQueues('control,aws', providers)).toThrow(
    'names aws; there are control, local, provider-aws',
  );
});
