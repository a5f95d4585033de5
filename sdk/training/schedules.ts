import { assertNever } from './assert-never.ts';
import { TrainingError } from './errors.ts';

/**
 * Course of the learning rate over the steps.
 * `cosine`: as `torch.optim.lr_scheduler.CosineAnnealingLR` with T_max = steps (Loshchilov and Hutter, arXiv
 * 1608.03983).
 * `one-cycle`: as `OneCycleLR` with cosine annealing in two phases (Smith and Topin, arXiv 1708.07120).
 */
export type Schedule =
  | { readonly kind: 'constant'; readonly learningRate: number }
  | {
      readonly kind: 'cosine';
      readonly learningRate: number;
      readonly steps: number;
      /** Default 0. */
      readonly minimum?: number;
    }
  | {
      readonly kind: 'one-cycle';
      /** The highest rate. */
      readonly learningRate: number;
      readonly steps: number;
      /** Fraction of the steps with a rising rate. Default 0.3. */
      readonly warmUp?: number;
      /** The first rate is the highest divided by this. Default 25. */
      readonly startDivisor?: number;
      /** The last rate is the first divided by this. Default 10,000. */
      readonly endDivisor?: number;
    };

/**
 * The rate of each step, from 0, for `train({ learningRate })`. It depends on the step alone, so a resumed run has the
 * same rates. After the last step the rate stays constant.
 * @throws TrainingError `invalid-configuration`
 */
export function schedule(plan: Schedule): (step: number) => number {
  if (!(plan.learningRate > 0 && Number.isFinite(plan.learningRate))) {
    throw new TrainingError('invalid-configuration', `The learning rate is above 0, not ${plan.learningRate}.`);
  }
  switch (plan.kind) {
    case 'constant':
      return () => plan.learningRate;
    case 'cosine': {
      const { learningRate, steps, minimum = 0 } = plan;
      check(Number.isSafeInteger(steps) && steps >= 1, 'steps is a whole number from 1');
      check(minimum >= 0 && minimum <= learningRate, 'minimum lies between 0 and the learning rate');
      return (step) => anneal(learningRate, minimum, Math.min(step, steps) / steps);
    }
    case 'one-cycle':
      return oneCycle(plan);
    default:
      return assertNever(plan);
  }
}

function oneCycle(plan: Schedule & { kind: 'one-cycle' }): (step: number) => number {
  const { learningRate, steps, warmUp = 0.3, startDivisor = 25, endDivisor = 10_000 } = plan;
  check(Number.isSafeInteger(steps) && steps >= 2, 'steps is a whole number from 2');
  check(startDivisor >= 1 && endDivisor >= 1, 'divisors are at least 1');
  const peak = warmUp * steps - 1;
  const last = steps - 1;
  check(warmUp < 1 && peak > 0, 'warmUp · steps is above 1 and warmUp below 1');
  const first = learningRate / startDivisor;
  return (step) => {
    const at = Math.min(step, last);
    if (at <= peak) return anneal(first, learningRate, at / peak);
    return anneal(learningRate, first / endDivisor, (at - peak) / (last - peak));
  };
}

function anneal(from: number, to: number, fraction: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * fraction))) / 2;
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TrainingError('invalid-configuration', `Schedule: ${rule}.`);
}
