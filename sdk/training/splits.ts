import { TrainingError } from './errors.ts';
import { RandomNumbers } from './random.ts';

/** Row numbers of both sides, each in ascending order. No row is on both sides. */
export type Split = { readonly train: Uint32Array; readonly heldOut: Uint32Array };

/**
 * Holds out a random share of the rows: the rounded fraction, with at least one row on each side.
 * @param fraction In (0, 1).
 * @throws TrainingError `invalid-configuration`
 */
export function holdoutSplit(rows: number, fraction: number, seed: number): Split {
  checkFraction(fraction);
  whole('rows', rows, 2);
  const order = RandomNumbers.fromSeed(seed).permutation(rows);
  return sides(order, atLeastOneEach(rows, fraction));
}

/**
 * Like `holdoutSplit`, separately for each label, so that the shares of labels are the same on both sides. A label with
 * a single row stays in training.
 * @param labels The label of each row.
 */
export function stratifiedHoldoutSplit(labels: readonly (string | number)[], fraction: number, seed: number): Split {
  checkFraction(fraction);
  const random = RandomNumbers.fromSeed(seed);
  const heldOut = new Set<number>();
  for (const members of rowsByLabel(labels)) {
    const taken = members.length < 2 ? 0 : atLeastOneEach(members.length, fraction);
    for (const place of random.permutation(members.length).subarray(0, taken)) heldOut.add(members[place] ?? 0);
  }
  return splitBy(labels.length, (row) => heldOut.has(row));
}

/**
 * Holds out every row in exactly one of the folds; the sizes of folds differ by at most one.
 * @param folds From 2 to the number of rows.
 */
export function kFoldSplits(rows: number, folds: number, seed: number): readonly Split[] {
  whole('folds', folds, 2, rows);
  const order = RandomNumbers.fromSeed(seed).permutation(rows);
  const foldOf = new Uint32Array(rows);
  for (const [place, row] of order.entries()) foldOf[row] = place % folds;
  return splitsOf(foldOf, folds);
}

/** Like `kFoldSplits`; in addition the counts of each label differ by at most one between the folds. */
export function stratifiedKFoldSplits(
  labels: readonly (string | number)[],
  folds: number,
  seed: number,
): readonly Split[] {
  whole('folds', folds, 2, labels.length);
  const random = RandomNumbers.fromSeed(seed);
  const foldOf = new Uint32Array(labels.length);
  // Dealing continues across labels, so that the folds also stay equal in size.
  let next = 0;
  for (const members of rowsByLabel(labels)) {
    for (const place of random.permutation(members.length)) foldOf[members[place] ?? 0] = next++ % folds;
  }
  return splitsOf(foldOf, folds);
}

export type TimeSeriesOptions = {
  /** Number of splits. */
  readonly splits: number;
  /** Rows held out in each split; rows / (splits + 1), rounded down, when absent. */
  readonly testRows?: number;
  /** Most rows to train on, the latest ones; all when absent. */
  readonly maxTrainRows?: number;
  /** Rows left out between the last training row and the first held-out one. */
  readonly gap?: number;
};

/**
 * For rows in the order of time: each split trains on rows before its held-out rows, as scikit-learn's
 * `TimeSeriesSplit`.
 */
export function timeSeriesSplits(rows: number, options: TimeSeriesOptions): readonly Split[] {
  const { splits, gap = 0 } = options;
  whole('splits', splits, 1);
  whole('gap', gap, 0);
  const testRows = options.testRows ?? Math.floor(rows / (splits + 1));
  whole('testRows', testRows, 1);
  const maxTrainRows = options.maxTrainRows ?? rows;
  whole('maxTrainRows', maxTrainRows, 1);
  if (rows - splits * testRows - gap < 1) {
    throw new TrainingError(
      'invalid-configuration',
      `${splits} splits of ${testRows} rows and a gap of ${gap} leave nothing to train on in ${rows} rows.`,
    );
  }
  return Array.from({ length: splits }, (_, index) => {
    const start = rows - (splits - index) * testRows;
    const end = start - gap;
    return { train: range(Math.max(0, end - maxTrainRows), end), heldOut: range(start, start + testRows) };
  });
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, index) => from + index);
}

function sides(order: Uint32Array, heldOutRows: number): Split {
  return { train: order.slice(heldOutRows).sort(), heldOut: order.slice(0, heldOutRows).sort() };
}

function splitBy(rows: number, isHeldOut: (row: number) => boolean): Split {
  const all = range(0, rows);
  return { train: all.filter((row) => !isHeldOut(row)), heldOut: all.filter(isHeldOut) };
}

function splitsOf(foldOf: Uint32Array, folds: number): readonly Split[] {
  return Array.from({ length: folds }, (_, fold) => splitBy(foldOf.length, (row) => foldOf[row] === fold));
}

/** Row numbers of each label, in the order in which the labels first appear. */
function rowsByLabel(labels: readonly (string | number)[]): readonly (readonly number[])[] {
  const groups = new Map<string | number, number[]>();
  for (const [row, label] of labels.entries()) {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function atLeastOneEach(rows: number, fraction: number): number {
  return Math.min(Math.max(Math.round(rows * fraction), 1), rows - 1);
}

function checkFraction(fraction: number): void {
  if (fraction > 0 && fraction < 1) return;
  throw new TrainingError('invalid-configuration', `The held-out fraction lies between 0 and 1, not at ${fraction}.`);
}

function whole(name: string, value: number, minimum: number, maximum = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return;
  throw new TrainingError(
    'invalid-configuration',
    `${name} is a whole number from ${minimum} to ${maximum}, not ${value}.`,
  );
}
