import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { indexEntriesOf, labelExpression, searchExpression, wordsOf } from '../../../core/jobs/words.ts';

const id = '01a22bd3-5dc0-7a0b-8123-4567348d4e2b';
const job = {
  id,
  name: 'seed=9',
  service: 'pricing-elasticity',
  model: 'prices',
  labels: { team: 'Growth' },
  message: '',
};

test('a job stands under its words, its labels, and its id from both ends', () => {
  expect(indexEntriesOf(job)).toEqual([
    ...['seed', '9', 'pricing', 'elasticity', 'prices', 'team', 'growth', '=4:team=Growth'],
    ...['>01a22bd35dc07a0b81234567348d4e2b', '<b2e4d8437654321 8b0a70cd53db22a10'.replace(' ', '')],
  ]);
});

test('no entry is empty or too long, and their number has a bound', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 5000 }),
      fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
      (message, labels) => {
        const entries = indexEntriesOf({ ...job, message, labels });
        expect(entries.every((entry) => entry !== '' && entry.isWellFormed())).toBe(true);
        expect(entries.length).toBeLessThanOrEqual(512 + Object.keys(labels).length + 2);
      },
    ),
  );
});

test.each([
  ['Pricing', "'pricing':*"],
  ['seed=9', "'seed':* & '9'"],
  ['348d4e2b', "('348d4e2b':*) | '>348d4e2b':* | '<b2e4d843':*"],
  [
    `${id} `,
    `('01a22bd3':* & '5dc0':* & '7a0b':* & '8123':* & '4567348d4e2b':*) | '>01a22bd35dc07a0b81234567348d4e2b':* | '<b2e4d84376543218b0a70cd53db22a10':*`,
  ],
  ['12345', "'12345':*"],
  [" !:*&|<-> '\\", null],
])('the search %j asks for %j', (text, expression) => {
  expect(searchExpression(text)).toBe(expression);
});

test('each label has an expression of its own', () => {
  const label = fc.tuple(fc.string({ minLength: 1 }), fc.string());
  fc.assert(
    fc.property(label, label, (one, other) => {
      const isSame = one[0] === other[0] && one[1] === other[1];
      expect(labelExpression(...one) === labelExpression(...other)).toBe(isSame);
    }),
  );
  expect(labelExpression('a', "b'\\")).toBe(String.raw`'=1:a=b''\\'`);
});

test('words of any script are words', () => {
  expect(wordsOf('Größe 訓練-2 naïve_Été')).toEqual(['größe', '訓練', '2', 'naïve', 'été']);
});
