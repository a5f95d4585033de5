import { gatherRows, type Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { networkOutputs } from './network.ts';
import { RandomNumbers } from './random.ts';
import type { Trainer } from './trainer.ts';

export type LearningRateSweep = {
  /** Rows per step. */
  readonly batchSize: number;
  /** First rate; default 1e-7. */
  readonly start?: number;
  /** Last rate; default 10. */
  readonly end?: number;
  /** Steps; default 100. */
  readonly steps?: number;
  /** Order of the rows. Default 0. */
  readonly seed?: number;
};

export type LearningRateCurve = {
  readonly rates: readonly number[];
  /** Smoothed. */
  readonly losses: readonly number[];
};

/** Learning rates by fastai's rules. Use `valley` when in doubt. */
export type LearningRateSuggestions = {
  readonly valley: number;
  readonly steep: number;
  /** Left of the point where the loss leaves its minimum, seen from the right; null for fewer than 17 points. */
  readonly slide: number | null;
  /** The rate of the lowest loss, divided by 10. */
  readonly minimum: number;
};

/**
 * The range test of Smith (arXiv 1506.01186) as fastai runs it: rates rise exponentially, the loss is smoothed (0.98,
 * without bias), and the sweep ends early once it is four times the best. Afterwards weights, optimizer state, steps
 * and random numbers are the same as before, to the bit.
 */
export async function findLearningRate(
  trainer: Trainer,
  data: Dataset,
  sweep: LearningRateSweep,
): Promise<LearningRateCurve & { readonly suggestions: LearningRateSuggestions }> {
  const { batchSize, start = 1e-7, end = 10, steps = 100, seed = 0 } = sweep;
  if (!(start > 0 && end > start && Number.isSafeInteger(steps) && steps >= 20 && batchSize >= 1)) {
    throw new TrainingError(
      'invalid-configuration',
      'A sweep needs 0 < start < end, 20 steps or more and a batch size.',
    );
  }
  const before = trainer.snapshot();
  const random = RandomNumbers.fromSeed(seed);
  const rates: number[] = [];
  const losses: number[] = [];
  let average = 0;
  let best = Infinity;
  let order = random.permutation(data.rows);
  let position = 0;
  try {
    for (let index = 0; index < steps; index++) {
      if (position >= data.rows) {
        order = random.permutation(data.rows);
        position = 0;
      }
      const rows = order.subarray(position, position + batchSize);
      position += rows.length;
      const rate = start * (end / start) ** (index / steps);
      const { loss } = await trainer.step(batchOf(trainer, data, rows), rate);
      average = 0.98 * average + 0.02 * loss;
      const smooth = average / (1 - 0.98 ** (index + 1));
      rates.push(rate);
      losses.push(smooth);
      if (smooth < best) best = smooth;
      if (!Number.isFinite(smooth) || smooth > 4 * best) break;
    }
  } finally {
    trainer.restore(before);
  }
  const curve = trimmed(rates, losses, steps);
  return { ...curve, suggestions: suggestLearningRates(curve) };
}

/** Without the first tenth, the last five points, and all points from the first NaN on. */
function trimmed(rates: readonly number[], losses: readonly number[], steps: number): LearningRateCurve {
  const from = Math.floor(steps / 10);
  const kept = losses.slice(from, -5);
  const bad = kept.findIndex((loss) => !Number.isFinite(loss));
  const length = bad === -1 ? kept.length : bad;
  return { rates: rates.slice(from, from + length), losses: kept.slice(0, length) };
}

/** @throws TrainingError `invalid-data` for fewer than two points */
export function suggestLearningRates({ rates, losses }: LearningRateCurve): LearningRateSuggestions {
  if (losses.length < 2 || rates.length !== losses.length) {
    throw new TrainingError('invalid-data', `${losses.length} points are too few: the loss grew from the start.`);
  }
  const lowest = losses.indexOf(Math.min(...losses));
  return {
    valley: valley(rates, losses),
    steep: steep(rates, losses),
    slide: slide(rates, losses),
    minimum: (rates[lowest] ?? 0) / 10,
  };
}

/** Halfway through the middle third of the longest falling subsequence, counted as fastai counts. */
function valley(rates: readonly number[], losses: readonly number[]): number {
  const lengths = losses.map(() => 1);
  let start = 0;
  let end = 0;
  for (let index = 1; index < losses.length; index++) {
    for (let earlier = 0; earlier < index; earlier++) {
      const longer = (lengths[earlier] ?? 0) + 1;
      if ((losses[index] ?? 0) < (losses[earlier] ?? 0) && (lengths[index] ?? 0) < longer) lengths[index] = longer;
      if ((lengths[end] ?? 0) < (lengths[index] ?? 0)) {
        end = index;
        start = end - (lengths[end] ?? 0);
      }
    }
  }
  const sections = (end - start) / 3;
  // fastai's start may be −1, when the whole curve falls.
  return rates[Math.max(0, start + Math.trunc(sections) + Math.trunc(sections / 2))] ?? 0;
}

/** The rate at which the loss falls fastest by the logarithm of the rate. */
function steep(rates: readonly number[], losses: readonly number[]): number {
  const slopes = losses.slice(1).map((loss, index) => {
    const distance = Math.log(rates[index + 1] ?? 1) - Math.log(rates[index] ?? 1);
    return (loss - (losses[index] ?? 0)) / distance;
  });
  return rates[slopes.indexOf(Math.min(...slopes))] ?? 0;
}

const slideWidth = 15;
const slideThreshold = 0.005;

/** Moves a window left from the end as long as the slopes at its two ends differ. */
function slide(rates: readonly number[], losses: readonly number[]): number | null {
  const last = losses.length - 1;
  if (last < slideWidth + 1) return null;
  const slopeAt = (index: number): number => {
    const [before, after] = [Math.max(0, index - 1), Math.min(last, index + 1)];
    return ((losses[after] ?? 0) - (losses[before] ?? 0)) / (after - before);
  };
  let right = last;
  let found = right - slideWidth;
  for (let left = found; left >= 0 && Math.abs(slopeAt(right) - slopeAt(left)) > slideThreshold; left--) {
    found = left;
    right--;
  }
  return rates[found] ?? null;
}

function batchOf(trainer: Trainer, data: Dataset, rows: Uint32Array): Dataset {
  const { inputs } = trainer.spec.network;
  const outputs = networkOutputs(trainer.spec.network);
  const features = new Float32Array(rows.length * inputs);
  const targets = new Float32Array(rows.length * outputs);
  gatherRows(data.features, inputs, rows, features);
  gatherRows(data.targets, outputs, rows, targets);
  return { rows: rows.length, features, targets };
}
