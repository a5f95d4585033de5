import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  encodeFeatures,
  featureWidth,
  fitFeatures,
  RandomNumbers,
  stratifiedSplit,
  type Column,
} from '@artenic/training';
import { DataCursor, gatherRows } from '../../../sdk/training/data.ts';

const columns: readonly Column[] = [
  { name: 'colour', kind: 'categorical' },
  { name: 'size', kind: 'numeric' },
  { name: 'same', kind: 'numeric' },
];
const rows = [
  { colour: 'red', size: 1, same: 7 },
  { colour: 'blue', size: 2, same: 7 },
  { colour: 'red', size: 6, same: 7 },
];

test('numbers become standard scores by the population deviation, strings one-hot; numeric ones come first', () => {
  const features = fitFeatures(columns, rows);
  expect(features).toEqual([
    { name: 'colour', kind: 'categorical', categories: ['blue', 'red'] },
    { name: 'size', kind: 'numeric', mean: 3, deviation: Math.fround(Math.sqrt(14 / 3)) },
    { name: 'same', kind: 'numeric', mean: 7, deviation: 1 },
  ]);
  expect(featureWidth(features)).toBe(4);
  const score = (value: number) => Math.fround((value - 3) / Math.fround(Math.sqrt(14 / 3)));
  expect([...encodeFeatures(features, rows)]).toEqual([
    ...[score(1), 0, 0, 1],
    ...[score(2), 0, 1, 0],
    ...[score(6), 0, 0, 1],
  ]);
  expect([...encodeFeatures(features, [{ colour: 'green', size: 3, same: 8 }])]).toEqual([0, 1, 0, 0]);
});

test('held-out rows have no influence on the scaling', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (others) => {
      const before = fitFeatures(columns, rows);
      encodeFeatures(
        before,
        others.map((size) => ({ colour: 'red', size, same: 0 })),
      );
      expect(fitFeatures(columns, rows)).toEqual(before);
    }),
  );
});

test('a split keeps every row once and the share of each label', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.nat(),
      (labels, fraction, seed) => {
        const items = labels.map((label, index) => ({ label, index }));
        const { train, heldOut } = stratifiedSplit(items, ({ label }) => label, fraction, RandomNumbers.fromSeed(seed));
        const places = [...train, ...heldOut].map(({ index }) => index);
        expect(places.toSorted((one, other) => one - other)).toEqual(items.map(({ index }) => index));
        for (const label of new Set(labels)) {
          const count = labels.filter((one) => one === label).length;
          const out = heldOut.filter((one) => one.label === label).length;
          expect(Math.abs(out - count * fraction)).toBeLessThanOrEqual(1);
          if (count > 1) expect(out > 0 && out < count).toBe(true);
        }
        const again = stratifiedSplit(items, ({ label }) => label, fraction, RandomNumbers.fromSeed(seed));
        expect(again).toEqual({ train, heldOut });
      },
    ),
  );
});

test('every epoch visits every row once, in an order of its own, the last batch taking what is left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(),
      (count, batchSize, seed) => {
        const cursor = new DataCursor(count, RandomNumbers.fromSeed(seed));
        for (let epoch = 0; epoch < 3; epoch++) {
          const sizes: number[] = [];
          const seen: number[] = [];
          while (!cursor.epochEnded) {
            const batch = cursor.next(batchSize);
            sizes.push(batch.length);
            seen.push(...batch);
          }
          expect(seen.toSorted((one, other) => one - other)).toEqual(
            Array.from({ length: count }, (_, index) => index),
          );
          expect(sizes.slice(0, -1).every((size) => size === batchSize)).toBe(true);
          expect(sizes.at(-1)).toBe(count % batchSize === 0 ? batchSize : count % batchSize);
          cursor.startEpoch();
        }
      },
    ),
  );
});

test('rows are gathered in the order of their numbers', () => {
  const into = new Float32Array(4);
  gatherRows(Float32Array.of(0, 1, 10, 11, 20, 21), 2, Uint32Array.of(2, 0), into);
  expect([...into]).toEqual([20, 21, 0, 1]);
});
