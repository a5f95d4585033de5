import { TrainingError } from './errors.ts';
import type { NamedTensor } from './trainer.ts';

export type Direction = 'min' | 'max';

export type EarlyStopping = {
  /** A metric reported at the end of an epoch, for example `val_loss`. */
  readonly metric: string;
  /** Default `min`. */
  readonly mode?: Direction;
  /** Checks without improvement before the run ends; each end of an epoch is a check. Default 3. */
  readonly patience?: number;
  /** The least change that counts as improvement. Default 0. */
  readonly minDelta?: number;
  /** The run ends once the metric is worse than this. */
  readonly divergenceThreshold?: number;
};

export type KeepBest = {
  /** A metric reported at the end of an epoch, for example `val_loss`. */
  readonly metric: string;
  /** Default `min`. */
  readonly mode?: Direction;
  /** Gives the trainer the best weights when the run ends, by itself or early. */
  readonly restore?: boolean;
};

/** `patience` and `diverged` depend on the metric; `not-finite` also ends a run whose loss is NaN or infinite. */
export type EarlyStop = 'patience' | 'diverged' | 'not-finite';

export type EarlyStoppingState = {
  readonly best: number | null;
  /** Checks since the best value. */
  readonly waited: number;
  readonly stopped: EarlyStop | null;
};

export const notStarted: EarlyStoppingState = { best: null, waited: 0, stopped: null };

/** One check, by the rules of Lightning's `EarlyStopping`. */
export function checkEarlyStopping(plan: EarlyStopping, state: EarlyStoppingState, value: number): EarlyStoppingState {
  const { mode = 'min', patience = 3, minDelta = 0, divergenceThreshold } = plan;
  if (!Number.isFinite(value)) return { ...state, stopped: 'not-finite' };
  if (divergenceThreshold !== undefined && isBetter(mode, divergenceThreshold, value)) {
    return { ...state, stopped: 'diverged' };
  }
  if (state.best === null || isBetter(mode, value, state.best, minDelta)) {
    return { best: value, waited: 0, stopped: null };
  }
  const waited = state.waited + 1;
  return { best: state.best, waited, stopped: waited >= patience ? 'patience' : null };
}

/** The best weights so far, with their step and epoch. */
export type Best = {
  readonly value: number;
  readonly step: number;
  /** Epochs done, from 1. */
  readonly epoch: number;
  /** Weights and biases. */
  readonly parameters: readonly NamedTensor[];
};

export function isBetter(mode: Direction, value: number, than: number, minDelta = 0): boolean {
  return mode === 'min' ? value < than - minDelta : value > than + minDelta;
}

/** @throws TrainingError `invalid-configuration` when the metric was not measured */
export function metricOf(metrics: Readonly<Record<string, number>>, name: string): number {
  const value = metrics[name];
  if (value !== undefined) return value;
  const known = Object.keys(metrics).join(', ');
  throw new TrainingError('invalid-configuration', `There is no metric ${name}; the epoch has ${known}.`);
}

/** @throws TrainingError `invalid-configuration` */
export function checkEarlyStoppingPlan({ patience = 3, minDelta = 0 }: EarlyStopping): void {
  if (!Number.isSafeInteger(patience) || patience < 1) {
    throw new TrainingError('invalid-configuration', `patience is a whole number of checks from 1, not ${patience}.`);
  }
  if (!(minDelta >= 0 && Number.isFinite(minDelta))) {
    throw new TrainingError('invalid-configuration', `minDelta is a number from 0, not ${minDelta}.`);
  }
}
