import { expect, test } from '@jest/globals';
import { refuseUnserved, servedBy } from '../../workers/queues.ts';

test('a worker serves everything, or what it is told', () => {
  const all = servedBy('');
  expect([all.control, all.isProviderServed('here'), all.isProviderServed('far')]).toEqual([true, true, true]);
  const some = servedBy('control, far');
  expect([some.control, some.isProviderServed('here'), some.isProviderServed('far')]).toEqual([true, false, true]);
  expect(servedBy('here').control).toBe(false);
});

test('a name that nothing has is refused with those that there are, and what is not configured with how to do that', () => {
  const modules = new Map(
    ['here', 'far'].map((name) => [name, { configuredBy: `Set ARTENIC_${name.toUpperCase()}.` }]),
  );
  const opened = new Set(['here']);
  expect(() => refuseUnserved('control,here', modules, opened)).not.toThrow();
  expect(() => refuseUnserved('', modules, opened)).not.toThrow();
  expect(() => refuseUnserved('control,moon', modules, opened)).toThrow('names moon; there are control, here, far');
  expect(() => refuseUnserved('far', modules, opened)).toThrow('names far, which is not configured. Set ARTENIC_FAR.');
});
