import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { checkDataset, type Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { firstValue, singleEngine, type Engine, type State } from './engine.ts';
import { checkOptimizer } from './graphs/optimizer.ts';
import { buildEvaluationModel, names, stateTensors, type StepSpec } from './graphs/step.ts';
import { checkNetwork, initialParameters, networkOutputs, networkParameters, type Parameter } from './network.ts';
import { RandomNumbers, type RandomState } from './random.ts';
import { parallelEngine } from './parallel.ts';
import { openSession, realTensor, realValues } from './session.ts';

export type TrainerSpec = StepSpec & {
  /** Determines the first weights and the order of the rows. Integer in [0, 2^53). */
  readonly seed: number;
};

export type NamedTensor = { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array };

/** Everything that determines the further course of training. */
export type TrainerState = {
  /** Steps taken. */
  readonly step: number;
  readonly random: RandomState;
  readonly tensors: readonly NamedTensor[];
};

export type StepResult = {
  /** Mean over the batch, before the step. May be NaN or infinite: the caller decides. */
  readonly loss: number;
  /** [rows, outputs]: logits or values, before the step. */
  readonly outputs: Float32Array;
  /** Norm of the whole gradient before clipping; null without clipping. */
  readonly gradientNorm: number | null;
};

export type Evaluation = {
  readonly loss: number;
  /** Fraction of rows whose most probable class is the true one; null for regression. */
  readonly accuracy: number | null;
};

const evaluationRows = 1024;

export type TrainerRuntime = {
  /** Processes that share each batch; with 1, only this process works. Call `dispose` to end them. */
  readonly processes?: number;
  /** Threads of each process; default 1. Another number may change the last bits of a result. */
  readonly threads?: number;
  /** `mixed-float16` is refused: onnxruntime's CPU kernels for float16 are missing, or slower than float32. */
  readonly precision?: 'float32' | 'mixed-float16';
  /** `true` is refused: onnxruntime plans the memory of a graph by itself and cannot drop and recompute activations. */
  readonly gradientCheckpointing?: boolean;
};

/** Makes a network with first weights from the seed. @throws TrainingError `invalid-configuration`, `unsupported` */
export async function createTrainer(spec: TrainerSpec, runtime: TrainerRuntime = {}): Promise<Trainer> {
  const { processes = 1, threads = 1 } = runtime;
  checkRuntime(runtime, processes, threads);
  checkNetwork(spec.network);
  checkOptimizer(spec.optimizer);
  if (spec.clipNorm !== undefined && !(spec.clipNorm > 0 && Number.isFinite(spec.clipNorm))) {
    throw new TrainingError('invalid-configuration', `clipNorm is a number above 0, not ${spec.clipNorm}.`);
  }
  const random = RandomNumbers.fromSeed(spec.seed);
  const evaluationSession = await openSession(buildEvaluationModel(spec), threads);
  const engine = await (processes === 1 ? singleEngine(spec, threads) : parallelEngine(spec, processes, threads));
  return new Trainer(spec, random, engine, evaluationSession);
}

function checkRuntime(runtime: TrainerRuntime, processes: number, threads: number): void {
  for (const [name, value] of Object.entries({ processes, threads })) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 256) {
      throw new TrainingError('invalid-configuration', `${name} is a whole number from 1 to 256, not ${value}.`);
    }
  }
  if (runtime.precision === 'mixed-float16' || runtime.gradientCheckpointing === true) {
    const what = runtime.gradientCheckpointing === true ? 'Gradient checkpointing' : 'Mixed precision';
    throw new TrainingError(
      'unsupported',
      `${what} is not possible in onnxruntime on a processor. A job in another language gets both settings in its config.`,
    );
  }
}

/** A network in training. Every step is one run of an ONNX graph that takes the state and returns the next one. */
export class Trainer {
  readonly spec: TrainerSpec;
  readonly random: RandomNumbers;
  readonly #engine: Engine;
  readonly #evaluationSession: InferenceSession;
  #state: State;
  #steps = 0;

  constructor(spec: TrainerSpec, random: RandomNumbers, engine: Engine, evaluationSession: InferenceSession) {
    this.spec = spec;
    this.random = random;
    this.#engine = engine;
    this.#evaluationSession = evaluationSession;
    const first = initialParameters(spec.network, random);
    this.#state = Object.fromEntries(
      stateTensors(spec).map(({ name, shape }) => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        return [name, realTensor(first.get(name) ?? new Float32Array(size), shape)];
      }),
    );
  }

  /** Steps taken since the first weights. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One optimizer step on a batch.
   * @param batch At least one row; sizes as in `Dataset`.
   * @param learningRate The optimizer's own when absent.
   */
  async step(batch: Dataset, learningRate = this.spec.optimizer.learningRate): Promise<StepResult> {
    const step = this.#steps + 1;
    const { state, ...result } = await this.#engine.step({ state: this.#state, batch, learningRate, step });
    this.#state = state;
    this.#steps = step;
    return result;
  }

  /** Mean loss, and accuracy for classes, over a whole data set; the weights do not change. */
  async evaluate(dataset: Dataset): Promise<Evaluation> {
    const width = networkOutputs(this.spec.network);
    checkDataset(dataset, this.spec.network.inputs, width);
    let lossSum = 0;
    let correct = 0;
    for (let start = 0; start < dataset.rows; start += evaluationRows) {
      const part = sliceRows(
        dataset,
        start,
        Math.min(evaluationRows, dataset.rows - start),
        this.spec.network.inputs,
        width,
      );
      const result = await this.#evaluationSession.run(this.#evaluationFeeds(part));
      lossSum += firstValue(result[names.loss]) * part.rows;
      correct += countCorrect(realValues(result[names.outputs]), part.targets, width);
    }
    const isClassifier = this.spec.loss === 'softmax-cross-entropy';
    return { loss: lossSum / dataset.rows, accuracy: isClassifier ? correct / dataset.rows : null };
  }

  /**
   * The network's outputs for each row.
   * @param features [rows, inputs], scaled as in training.
   * @returns [rows, outputs]: probabilities for classes, values for regression.
   */
  async predict(features: Float32Array): Promise<Float32Array> {
    const { inputs } = this.spec.network;
    const rows = features.length / inputs;
    const targets = new Float32Array(rows * networkOutputs(this.spec.network));
    checkDataset({ rows, features, targets }, inputs, networkOutputs(this.spec.network));
    const result = await this.#evaluationSession.run(this.#evaluationFeeds({ rows, features, targets }));
    return realValues(result[names.outputs]);
  }

  /** A copy of everything that determines the further course of training. @throws TrainingError `not-finite` */
  snapshot(): TrainerState {
    return { step: this.#steps, random: this.random.state, tensors: this.#copy(stateTensors(this.spec)) };
  }

  /**
   * Continues from an earlier snapshot. @throws TrainingError `checkpoint-mismatch` when its tensors belong to another
   * network
   */
  restore(state: TrainerState): void {
    const given = new Map(state.tensors.map((tensor) => [tensor.name, tensor]));
    const restored: Record<string, Tensor> = {};
    for (const { name, shape } of stateTensors(this.spec)) {
      const tensor = given.get(name);
      if (tensor === undefined || tensor.shape.join() !== shape.join()) {
        const found = tensor === undefined ? 'missing' : `[${tensor.shape.join(', ')}]`;
        throw new TrainingError(
          'checkpoint-mismatch',
          `${name} is ${found}; this network needs [${shape.join(', ')}].`,
        );
      }
      restored[name] = realTensor(tensor.values.slice(), shape);
    }
    this.#state = restored;
    this.#steps = state.step;
    this.random.restore(state.random);
  }

  /** Weights and biases, first layer first. @throws TrainingError `not-finite` */
  parameters(): readonly NamedTensor[] {
    return this.#copy(networkParameters(this.spec.network));
  }

  /**
   * Replaces weights and biases by values in the form of `parameters`; nothing else changes. @throws TrainingError
   * `checkpoint-mismatch`
   */
  setParameters(parameters: readonly NamedTensor[]): void {
    const given = new Map(parameters.map((tensor) => [tensor.name, tensor]));
    const { tensors, ...rest } = this.#capture();
    this.restore({ ...rest, tensors: tensors.map((tensor) => given.get(tensor.name) ?? tensor) });
  }

  #capture(): TrainerState {
    const tensors = stateTensors(this.spec).map(({ name, shape }) => ({ name, shape, values: this.#values(name) }));
    return { step: this.#steps, random: this.random.state, tensors };
  }

  /** Frees the sessions. The trainer cannot be used afterwards. */
  async dispose(): Promise<void> {
    await Promise.all([this.#engine.dispose(), this.#evaluationSession.release()]);
  }

  #copy(tensors: readonly Parameter[]): readonly NamedTensor[] {
    return tensors.map(({ name, shape }) => {
      const values = this.#values(name).slice();
      if (!values.every(Number.isFinite)) {
        throw new TrainingError('not-finite', `${name} holds NaN or infinite values after step ${this.#steps}.`);
      }
      return { name, shape, values };
    });
  }

  #values(name: string): Float32Array {
    return realValues(this.#state[name]);
  }

  #rowsOf({ rows, features, targets }: Dataset): Record<string, Tensor> {
    return {
      [names.features]: realTensor(features, [rows, this.spec.network.inputs]),
      [names.targets]: realTensor(targets, [rows, networkOutputs(this.spec.network)]),
    };
  }

  #evaluationFeeds(part: Dataset): Record<string, Tensor> {
    const parameters = networkParameters(this.spec.network).map(({ name, shape }) => [
      name,
      realTensor(this.#values(name), shape),
    ]);
    return { ...Object.fromEntries(parameters), ...this.#rowsOf(part) };
  }
}

function sliceRows(dataset: Dataset, start: number, rows: number, inputs: number, outputs: number): Dataset {
  return {
    rows,
    features: dataset.features.subarray(start * inputs, (start + rows) * inputs),
    targets: dataset.targets.subarray(start * outputs, (start + rows) * outputs),
  };
}

/** Rows whose largest output has the index of the largest target; among equal values the first counts. */
export function countCorrect(outputs: Float32Array, targets: Float32Array, width: number): number {
  let correct = 0;
  for (let start = 0; start < outputs.length; start += width) {
    if (largest(outputs, start, width) === largest(targets, start, width)) correct++;
  }
  return correct;
}

function largest(values: Float32Array, start: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) {
    if ((values[start + index] ?? 0) > (values[start + best] ?? 0)) best = index;
  }
  return best;
}
