import { isDeepStrictEqual } from 'node:util';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint-files.ts';
import type { Checkpoint, EpochTotals } from './checkpoint.ts';
import { DataCursor, datasetSha256, gatherRows, type Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { checkEarlyStopping, isBetter, metricOf, notStarted, type Best, type EarlyStop } from './monitor.ts';
import { networkOutputs } from './network.ts';
import { checkOptions, type Metrics, type TrainOptions, type TrainResult } from './train-options.ts';
import { countCorrect } from './trainer.ts';

/**
 * Trains until the epochs are done or a stop is requested. With `checkpoints` it continues from the newest whole
 * checkpoint, and the result then has the same bits as that of an uninterrupted run.
 * @throws TrainingError `not-finite` when the loss or the gradient norm is NaN or infinite; `onStep` has received it
 * before
 * @throws TrainingError `checkpoint-mismatch` when the checkpoint belongs to another network, data set or batch size
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkOptions(options);
  const run = new Run(options);
  await run.resume();
  while (!run.done) {
    const isFinite = await run.step();
    // Weights of such a step are not saved: a run resumed from the previous checkpoint reaches the same end.
    if (!isFinite) break;
    if (run.epochEnded) await run.endEpoch();
    if (!run.done && options.stopRequested?.() === true) {
      await run.checkpoint();
      return run.result('stopped');
    }
    const isWished = options.checkpointRequested?.() === true;
    if (run.done || run.checkpointDue || isWished) await run.checkpoint();
  }
  run.restoreBest();
  return run.result(run.earlyStop === null ? 'completed' : 'early');
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
  #early = notStarted;
  #best: Best | null = null;

  constructor(options: TrainOptions) {
    const { trainer, data } = options;
    this.#options = options;
    this.#inputs = trainer.spec.network.inputs;
    this.#outputs = networkOutputs(trainer.spec.network);
    this.#dataSha256 = datasetSha256(data);
    this.#cursor = new DataCursor(data.rows, trainer.random);
  }

  get done(): boolean {
    return this.#early.stopped !== null || this.#cursor.state.epoch >= this.#options.epochs;
  }

  get earlyStop(): EarlyStop | null {
    return this.#early.stopped;
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
    const { trainer } = this.#options;
    return {
      outcome,
      earlyStop: this.#early.stopped,
      best: this.#best,
      step: trainer.steps,
      epoch,
      metrics: this.#metrics,
    };
  }

  /** False when early stopping ends the run because of this step's loss. */
  async step(): Promise<boolean> {
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
      if (this.#options.earlyStopping !== undefined) {
        this.#early = { ...this.#early, stopped: 'not-finite' };
        return false;
      }
      const what = Number.isFinite(loss) ? `gradient norm is ${gradientNorm}` : `loss is ${loss}`;
      throw new TrainingError(
        'not-finite',
        `The ${what} at step ${step}, epoch ${epoch + 1}: lower the learning rate, clip the gradient or check the data.`,
      );
    }
    return true;
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
    await this.#check(epoch);
  }

  async #check(epoch: number): Promise<void> {
    const { trainer, best, earlyStopping, callbacks } = this.#options;
    if (best !== undefined) {
      const value = metricOf(this.#metrics, best.metric);
      const wins =
        Number.isFinite(value) && (this.#best === null || isBetter(best.mode ?? 'min', value, this.#best.value));
      if (wins) {
        this.#best = { value, step: trainer.steps, epoch, parameters: trainer.parameters() };
        await callbacks?.onBest?.(this.#best);
      }
    }
    if (earlyStopping !== undefined) {
      this.#early = checkEarlyStopping(earlyStopping, this.#early, metricOf(this.#metrics, earlyStopping.metric));
    }
  }

  restoreBest(): void {
    const { trainer, best } = this.#options;
    if (best?.restore !== true || this.#best === null) return;
    trainer.setParameters(this.#best.parameters);
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
      earlyStopping: this.#early,
      best: this.#best,
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
    this.#early = found.checkpoint.earlyStopping;
    this.#best = found.checkpoint.best;
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
