import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  holdoutSplit,
  kFoldSplits,
  stratifiedHoldoutSplit,
  stratifiedKFoldSplits,
  timeSeriesSplits,
  type Split,
} from '@artenic/training';

const seeds = fc.nat();
const labelLists = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 80 });

function expectPartition({ train, heldOut }: Split, rows: number): void {
  const together = [...train, ...heldOut].sort((a, b) => a - b);
  expect(together).toEqual(Array.from({ length: rows }, (_, row) => row));
}

test('a holdout parts all rows in the wanted proportion, and a seed always in the same way', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 200 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      seeds,
      (rows, share, seed) => {
        const split = holdoutSplit(rows, share, seed);
        expectPartition(split, rows);
        expect(Math.abs(split.heldOut.length - rows * share)).toBeLessThanOrEqual(1);
        expect(holdoutSplit(rows, share, seed)).toEqual(split);
      },
    ),
  );
});

test('a stratified holdout keeps the share of every label', () => {
  fc.assert(
    fc.property(labelLists, fc.double({ min: 0.05, max: 0.95, noNaN: true }), seeds, (labels, share, seed) => {
      const split = stratifiedHoldoutSplit(labels, share, seed);
      expectPartition(split, labels.length);
      for (const label of new Set(labels)) {
        const all = labels.filter((one) => one === label).length;
        const taken = split.heldOut.filter((row) => labels[row] === label).length;
        expect(Math.abs(taken - all * share)).toBeLessThanOrEqual(1);
        if (all === 1) expect(taken).toBe(0);
      }
    }),
  );
});

test('every row is held out in exactly one of k folds of level sizes, stratified or not', () => {
  fc.assert(
    fc.property(labelLists, fc.integer({ min: 2, max: 8 }), seeds, (labels, wanted, seed) => {
      const folds = Math.min(wanted, labels.length);
      for (const splits of [kFoldSplits(labels.length, folds, seed), stratifiedKFoldSplits(labels, folds, seed)]) {
        for (const split of splits) expectPartition(split, labels.length);
        const held = splits.flatMap(({ heldOut }) => [...heldOut]).sort((a, b) => a - b);
        expect(held).toEqual(labels.map((_, row) => row));
        const sizes = splits.map(({ heldOut }) => heldOut.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
      for (const label of new Set(labels)) {
        const counts = stratifiedKFoldSplits(labels, folds, seed).map(
          ({ heldOut }) => heldOut.filter((row) => labels[row] === label).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('time-series splits are those of scikit-learn', () => {
  const list = (splits: readonly Split[]) => splits.map(({ train, heldOut }) => [[...train], [...heldOut]]);
  expect(list(timeSeriesSplits(13, { splits: 3 }))).toEqual([
    [
      [0, 1, 2, 3],
      [4, 5, 6],
    ],
    [
      [0, 1, 2, 3, 4, 5, 6],
      [7, 8, 9],
    ],
    [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11, 12],
    ],
  ]);
  expect(list(timeSeriesSplits(13, { splits: 3, gap: 2, testRows: 2, maxTrainRows: 4 }))).toEqual([
    [
      [1, 2, 3, 4],
      [7, 8],
    ],
    [
      [3, 4, 5, 6],
      [9, 10],
    ],
    [
      [5, 6, 7, 8],
      [11, 12],
    ],
  ]);
});

test('nothing of the future, nor of the gap, is trained on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 3 }),
      (rows, count, gap) => {
        for (const { train, heldOut } of timeSeriesSplits(rows, { splits: count, gap })) {
          expect((heldOut[0] ?? 0) - (train.at(-1) ?? 0)).toBe(gap + 1);
        }
      },
    ),
  );
});

test.each([
  () => holdoutSplit(1, 0.5, 1),
  () => holdoutSplit(10, 1, 1),
  () => kFoldSplits(3, 4, 1),
  () => kFoldSplits(3, 1, 1),
  () => timeSeriesSplits(4, { splits: 4 }),
  () => timeSeriesSplits(10, { splits: 2, gap: 9 }),
])('what cannot be split is refused: %s', (split) => {
  expect(split).toThrow(expect.objectContaining({ code: 'invalid-configuration' }));
});
