import { checkDataset, type Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { checkEarlyStoppingPlan, type Best, type EarlyStop, type EarlyStopping, type KeepBest } from './monitor.ts';
import { networkOutputs } from './network.ts';
import type { Trainer } from './trainer.ts';

/** Named numbers, in the form of the metrics file. */
export type Metrics = Readonly<Record<string, number>>;

export type StepReport = {
  /** Steps taken, including this one. */
  readonly step: number;
  /** Epoch of this step, from 0. */
  readonly epoch: number;
  /** Mean over the batch, before the step. */
  readonly loss: number;
  /** Before clipping; null without clipping. */
  readonly gradientNorm: number | null;
  /** Fraction of all steps, in (0, 1]. */
  readonly progress: number;
};

export type EpochReport = {
  readonly step: number;
  /** Epochs done, from 1. */
  readonly epoch: number;
  /** `loss`, `accuracy` for classes, `val_loss` and `val_accuracy` with validation rows, `progress`. */
  readonly metrics: Metrics;
};

/** Called in the order of events; each call is awaited before training continues. */
export type Callbacks = {
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpochEnd?: (report: EpochReport) => void | Promise<void>;
  /** New best weights were found. Needs the option `best`. */
  readonly onBest?: (best: Best) => void | Promise<void>;
  readonly onCheckpoint?: (path: string, step: number) => void | Promise<void>;
  /** The run continues from this checkpoint. */
  readonly onResume?: (path: string, step: number) => void | Promise<void>;
  /** A checkpoint file was skipped. Written to standard error when absent. */
  readonly onRefusedCheckpoint?: (path: string, reason: string) => void | Promise<void>;
};

export type TrainOptions = {
  readonly trainer: Trainer;
  readonly data: Dataset;
  readonly validation?: Dataset;
  /** Passes over all rows. */
  readonly epochs: number;
  /** Rows per step; the last step of an epoch takes the remaining rows. */
  readonly batchSize: number;
  /** The optimizer's own rate at every step when absent. `step` counts from 0. */
  readonly learningRate?: (step: number) => number;
  /**
   * Folder in which the run looks for a checkpoint at its start. It writes one every `everySteps` steps and at the end.
   */
  readonly checkpoints?: { readonly directory: string; readonly everySteps: number };
  /** Ends the run when it no longer improves. Its state is part of the checkpoint. */
  readonly earlyStopping?: EarlyStopping;
  /** Keeps the best weights beside the last ones, also in the checkpoint. */
  readonly best?: KeepBest;
  /** Called after every step; true makes the run write a checkpoint and end. */
  readonly stopRequested?: () => boolean;
  /** Called after every step; true makes the run write a checkpoint and continue. */
  readonly checkpointRequested?: () => boolean;
  readonly callbacks?: Callbacks;
};

export type TrainResult = {
  /** `stopped`: `stopRequested` returned true before the last epoch was done. `early`: early stopping ended the run. */
  readonly outcome: 'completed' | 'stopped' | 'early';
  /** Why early stopping ended the run. */
  readonly earlyStop: EarlyStop | null;
  readonly best: Best | null;
  readonly step: number;
  /** Whole epochs done. */
  readonly epoch: number;
  /** Metrics of the last whole epoch; empty when there was none. */
  readonly metrics: Metrics;
};

/** @throws TrainingError `invalid-configuration`, `invalid-data` */
export function checkOptions(options: TrainOptions): void {
  const { trainer, data, validation, epochs, batchSize, checkpoints, earlyStopping } = options;
  if (earlyStopping !== undefined) checkEarlyStoppingPlan(earlyStopping);
  const { inputs } = trainer.spec.network;
  const outputs = networkOutputs(trainer.spec.network);
  checkDataset(data, inputs, outputs);
  if (validation !== undefined) checkDataset(validation, inputs, outputs);
  for (const [name, value] of Object.entries({ epochs, batchSize, everySteps: checkpoints?.everySteps ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TrainingError('invalid-configuration', `${name} is a whole number from 1, not ${value}.`);
    }
  }
}
