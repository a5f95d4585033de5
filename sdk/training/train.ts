import { isDeepStrictEqual } from 'node:util';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint-files.ts';
import type { Checkpoint, EpochTotals } from './checkpoint.ts';
import { checkDataset, DataCursor, datasetSha256, gatherRows, type Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { networkOutputs } from './network.ts';
import { countCorrect, type Trainer } from './trainer.ts';

/** Named numbers, as they go into the metrics file. */
export type Metrics = Readonly<Record<string, number>>;

export type StepReport = {
  /** Steps taken, this one included. */
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

/** Called in the order in which things happen, each awaited before training goes on. */
export type Callbacks = {
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpochEnd?: (report: EpochReport) => void | Promise<void>;
  readonly onCheckpoint?: (path: string, step: number) => void | Promise<void>;
  /** The run goes on from this checkpoint. */
  readonly onResume?: (path: string, step: number) => void | Promise<void>;
  /** A checkpoint file was passed over. Written to standard error when absent. */
  readonly onRefusedCheckpoint?: (path: string, reason: string) => void | Promise<void>;
};

export type TrainOptions = {
  readonly trainer: Trainer;
  readonly data: Dataset;
  readonly validation?: Dataset;
  /** Passes over all rows. */
  readonly epochs: number;
  /** Rows per step; the last step of an epoch takes what is left. */
  readonly batchSize: number;
  /** The optimizer's own rate at every step when absent. `step` counts from 0. */
  readonly learningRate?: (step: number) => number;
  /** Where checkpoints are looked for at the start and written every so many steps, and at the end. */
  readonly checkpoints?: { readonly directory: string; readonly everySteps: number };
  /** Asked after every step; true makes the run write a checkpoint and end. */
  readonly stopRequested?: () => boolean;
  readonly callbacks?: Callbacks;
};

export type TrainResult = {
  /** `stopped`: `stopRequested` said so before the last epoch was done. */
  readonly outcome: 'completed' | 'stopped';
  readonly step: number;
  /** Whole epochs done. */
  readonly epoch: number;
  /** Metrics of the last whole epoch; empty when there was none. */
  readonly metrics: Metrics;
};

/**
 * Trains until the epochs are done or a stop is asked for. With `checkpoints` it goes on from the newest whole checkpoint,
 * and the result then has the same bits as that of a run that was never interrupted.
 * @throws TrainingError `not-finite` when the loss or the gradient norm is NaN or infinite; it was given to `onStep` before
 * @throws TrainingError `checkpoint-mismatch` when the checkpoint is of another network, data set or batch size
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkOptions(options);
  const run = new Run(options);
  await run.resume();
  while (!run.done) {
    await run.step();
    if (run.epochEnded) await run.endEpoch();
    if (!run.done && options.stopRequested?.() === true) {
      await run.checkpoint();
      return run.result('stopped');
    }
    if (run.done || run.checkpointDue) await run.checkpoint();
  }
  return run.result('completed');
}

const noTotals: EpochTotals = { rows: 0, lossSum: 0, correct: 0 };

/** One call of `train`. */
class Run {
  readonly #options: TrainOptions;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #dataSha256: string;
  readonly #cursor: DataCursor;
  #totals = noTotals;
  #metrics: Metrics = {};

  constructor(options: TrainOptions) {
    const { trainer, data } = options;
    this.#options = options;
    this.#inputs = trainer.spec.network.inputs;
    this.#outputs = networkOutputs(trainer.spec.network);
    this.#dataSha256 = datasetSha256(data);
    this.#cursor = new DataCursor(data.rows, trainer.random);
  }

  get done(): boolean {
    return this.#cursor.state.epoch >= this.#options.epochs;
  }

  get epochEnded(): boolean {
    return this.#cursor.epochEnded;
  }

  get checkpointDue(): boolean {
    const every = this.#options.checkpoints?.everySteps;
    return every !== undefined && this.#options.trainer.steps % every === 0;
  }

  result(outcome: TrainResult['outcome']): TrainResult {
    const { epoch } = this.#cursor.state;
    return { outcome, step: this.#options.trainer.steps, epoch, metrics: this.#metrics };
  }

  async step(): Promise<void> {
    const { trainer, batchSize, learningRate, callbacks } = this.#options;
    const { epoch } = this.#cursor.state;
    const batch = this.#gather(this.#cursor.next(batchSize));
    const { loss, outputs, gradientNorm } = await trainer.step(batch, learningRate?.(trainer.steps));
    this.#totals = {
      rows: this.#totals.rows + batch.rows,
      lossSum: this.#totals.lossSum + loss * batch.rows,
      correct: this.#totals.correct + countCorrect(outputs, batch.targets, this.#outputs),
    };
    const step = trainer.steps;
    await callbacks?.onStep?.({ step, epoch, loss, gradientNorm, progress: this.#progress() });
    if (!Number.isFinite(loss) || (gradientNorm !== null && !Number.isFinite(gradientNorm))) {
      const what = Number.isFinite(loss) ? `gradient norm is ${gradientNorm}` : `loss is ${loss}`;
      throw new TrainingError(
        'not-finite',
        `The ${what} at step ${step}, epoch ${epoch + 1}: lower the learning rate, clip the gradient or check the data.`,
      );
    }
  }

  async endEpoch(): Promise<void> {
    const { trainer, validation, callbacks } = this.#options;
    const { rows, lossSum, correct } = this.#totals;
    const progress = this.#progress();
    const seen = validation === undefined ? null : await trainer.evaluate(validation);
    const isClassifier = trainer.spec.loss === 'softmax-cross-entropy';
    this.#metrics = {
      loss: lossSum / rows,
      ...(isClassifier ? { accuracy: correct / rows } : {}),
      ...(seen === null ? {} : { val_loss: seen.loss }),
      ...(seen === null || seen.accuracy === null ? {} : { val_accuracy: seen.accuracy }),
      progress,
    };
    this.#totals = noTotals;
    this.#cursor.startEpoch();
    const { epoch } = this.#cursor.state;
    await callbacks?.onEpochEnd?.({ step: trainer.steps, epoch, metrics: this.#metrics });
  }

  async checkpoint(): Promise<void> {
    const { checkpoints, trainer, batchSize, callbacks } = this.#options;
    if (checkpoints === undefined) return;
    const path = writeCheckpoint(checkpoints.directory, {
      spec: trainer.spec,
      batchSize,
      dataSha256: this.#dataSha256,
      cursor: this.#cursor.state,
      totals: this.#totals,
      metrics: this.#metrics,
      trainer: trainer.snapshot(),
    });
    await callbacks?.onCheckpoint?.(path, trainer.steps);
  }

  async resume(): Promise<void> {
    const { checkpoints, trainer, callbacks } = this.#options;
    if (checkpoints === undefined) return;
    const { found, refused } = readNewestCheckpoint(checkpoints.directory);
    const report = callbacks?.onRefusedCheckpoint ?? warn;
    for (const { path, reason } of refused) await report(path, reason);
    if (found === null) return;
    this.#checkSame(found.path, found.checkpoint);
    trainer.restore(found.checkpoint.trainer);
    this.#cursor.restore(found.checkpoint.cursor);
    this.#totals = found.checkpoint.totals;
    this.#metrics = found.checkpoint.metrics;
    await callbacks?.onResume?.(found.path, trainer.steps);
  }

  #checkSame(path: string, checkpoint: Checkpoint): void {
    const { trainer, batchSize } = this.#options;
    const given: Record<string, unknown> = { ...trainer.spec, batchSize, dataSha256: this.#dataSha256 };
    const kept: Record<string, unknown> = {
      ...checkpoint.spec,
      batchSize: checkpoint.batchSize,
      dataSha256: checkpoint.dataSha256,
    };
    const differing = [...new Set([...Object.keys(given), ...Object.keys(kept)])].filter(
      (key) => !isDeepStrictEqual(given[key], kept[key]),
    );
    if (differing.length > 0) {
      throw new TrainingError(
        'checkpoint-mismatch',
        `${path} was written with other values of: ${differing.join(', ')}.`,
      );
    }
  }

  #gather(rows: Uint32Array): Dataset {
    const { data } = this.#options;
    const features = new Float32Array(rows.length * this.#inputs);
    const targets = new Float32Array(rows.length * this.#outputs);
    gatherRows(data.features, this.#inputs, rows, features);
    gatherRows(data.targets, this.#outputs, rows, targets);
    return { rows: rows.length, features, targets };
  }

  #progress(): number {
    const { epoch, position } = this.#cursor.state;
    return (epoch + position / this.#options.data.rows) / this.#options.epochs;
  }
}

function warn(path: string, reason: string): void {
  process.stderr.write(`refused ${path}: ${reason}\n`);
}

function checkOptions({ trainer, data, validation, epochs, batchSize, checkpoints }: TrainOptions): void {
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
