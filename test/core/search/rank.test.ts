import { expect, test } from '@jest/globals';
import type { SearchItem } from '@artenic/core';
import { ranked } from '../../../core/search/rank.ts';

const item = (kind: SearchItem['kind'], id: string, title = id): SearchItem => ({
  kind,
  id,
  title,
  subtitle: '',
  state: null,
});
const idOf = (end: string): string => `01a22bd3-5dc0-7a0b-8123-${end.padStart(12, '0')}`;
const ids = (items: readonly SearchItem[]) => items.map(({ id }) => id);

test('the whole title or id comes first, then ids, beginnings of titles, and words', () => {
  const [job, named, worded] = [
    item('job', idOf('abcdef')),
    item('job', idOf('1'), 'abcdef run'),
    item('job', idOf('2'), 'the abcdef'),
  ];
  const model = item('model', 'abcdef');
  expect(ids(ranked([worded, named, job, model], ' ABCDEF ', 10))).toEqual(ids([model, job, named, worded]));
  expect(ids(ranked([worded, job], idOf('abcdef'), 10))).toEqual(ids([job, worded]));
});

test('kinds of which there are few come before jobs that are as near, which keep their order', () => {
  const jobs = [item('job', idOf('1'), 'pricing b'), item('job', idOf('2'), 'pricing a')];
  const found = ranked([...jobs, item('provider', 'pricing-cloud'), item('service', 'pricing-x')], 'pric', 10);
  expect(found.map(({ kind, title }) => `${kind} ${title}`)).toEqual([
    ...['service pricing-x', 'provider pricing-cloud', 'job pricing b', 'job pricing a'],
  ]);
});

test('digits of a shown id come before words, and before titles when they are many', () => {
  const shown = item('job', idOf('abcdef12'));
  const named = item('model', 'abcdef-net');
  const worded = item('model', 'the abc');
  expect(ids(ranked([worded, shown, named], 'abc', 10))).toEqual(ids([named, shown, worded]));
  expect(ids(ranked([shown, named], 'ABCDEF1', 10))).toEqual(ids([shown, named]));
  expect(ids(ranked([shown, named], 'abcdef', 10))).toEqual(ids([shown, named]));
});

test('each object is given once, and no more than asked', () => {
  const job = item('job', idOf('1'), 'a');
  expect(ranked([job, job, item('model', idOf('1'))], 'a', 10)).toHaveLength(2);
  expect(ranked([job, item('job', idOf('2'), 'a')], 'a', 1)).toEqual([job]);
});
