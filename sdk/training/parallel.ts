import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from './data.ts';
import { nextState, normOf, rateInputs, type Engine, type State, type StepInputs } from './engine.ts';
import { TrainingError } from './errors.ts';
import { buildGradientModel, buildUpdateModel } from './graphs/parallel.ts';
import { gradientName, type StepSpec } from './graphs/step.ts';
import { networkOutputs, networkParameters } from './network.ts';
import type { FromWorker, ToWorker } from './parallel-messages.ts';
import { openSession, realTensor, realValues } from './session.ts';

/**
 * Data-parallel steps: each process computes the gradients of its rows; this process adds them up in the order of ranks
 * (so that a run repeats to the bit) and updates the weights. Equals the step in one process except for rounding.
 */
export async function parallelEngine(spec: StepSpec, processes: number, threads: number): Promise<Engine> {
  const model = buildGradientModel(spec);
  const update = await openSession(buildUpdateModel(spec), threads);
  const workers = Array.from({ length: processes }, (_, rank) => new Worker(rank));
  const dispose = async () => {
    await Promise.all([update.release(), ...workers.map((worker) => worker.end())]);
  };
  try {
    await Promise.all(workers.map((worker) => worker.ask({ kind: 'open', model, threads })));
  } catch (error) {
    await dispose();
    throw error;
  }
  const shapes = networkParameters(spec.network);
  return {
    step: async ({ state, batch, learningRate, step }: StepInputs) => {
      const parameters = shapes.map(({ name }) => realValues(state[name]));
      const shards = shardsOf(batch, processes, spec.network.inputs, networkOutputs(spec.network));
      const inverseRows = 1 / batch.rows;
      const answers = await Promise.all(
        shards.map(async (shard, rank) => {
          const worker = workers[rank];
          if (worker === undefined) throw new TrainingError('worker-lost', `There is no process ${rank}.`);
          return gradientsOf(await worker.ask({ kind: 'step', ...shard, inverseRows, parameters, shapes }), rank);
        }),
      );
      const gradients = shapes.map(({ name, shape }, index) => [
        gradientName(name),
        realTensor(sumInOrder(answers.map((answer) => answer.gradients[index] ?? new Float32Array())), shape),
      ]);
      const feeds: State = { ...state, ...Object.fromEntries(gradients), ...rateInputs(spec, learningRate, step) };
      const result = await update.run(feeds);
      const loss = answers.reduce((sum, one, rank) => sum + one.loss * (shards[rank]?.rows ?? 0), 0) / batch.rows;
      return { state: nextState(spec, result), loss, outputs: joined(answers), gradientNorm: normOf(result) };
    },
    dispose,
  };
}

type Gradients = FromWorker & { kind: 'gradients' };

function gradientsOf(answer: FromWorker, rank: number): Gradients {
  if (answer.kind === 'gradients') return answer;
  throw new TrainingError('worker-lost', `Process ${rank} answered ${answer.kind} instead of gradients.`);
}

/**
 * Parts of nearly equal size in the order of rows; the first parts have one row more when the rows do not divide
 * evenly.
 */
function shardsOf(batch: Dataset, processes: number, inputs: number, outputs: number): readonly Dataset[] {
  const parts = Math.min(processes, batch.rows);
  const starts = Array.from({ length: parts + 1 }, (_, rank) => Math.ceil((rank * batch.rows) / parts));
  return starts.slice(0, -1).map((start, rank) => {
    const end = starts[rank + 1] ?? batch.rows;
    return {
      rows: end - start,
      features: batch.features.slice(start * inputs, end * inputs),
      targets: batch.targets.slice(start * outputs, end * outputs),
    };
  });
}

/** Added in double precision, first rank first. */
function sumInOrder(parts: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(parts[0]?.length ?? 0);
  for (const part of parts) for (let index = 0; index < sums.length; index++) sums[index]! += part[index]!;
  return Float32Array.from(sums);
}

function joined(answers: readonly Gradients[]): Float32Array {
  const all = new Float32Array(answers.reduce((size, { outputs }) => size + outputs.length, 0));
  let offset = 0;
  for (const { outputs } of answers) {
    all.set(outputs, offset);
    offset += outputs.length;
  }
  return all;
}

/** A child process that answers one message at a time. */
class Worker {
  readonly #rank: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #lost: TrainingError | null = null;
  #waiting: { resolve: (answer: FromWorker) => void; reject: (error: TrainingError) => void } | null = null;

  constructor(rank: number) {
    this.#rank = rank;
    // The built package contains the same file as JavaScript.
    const file = new URL(`./parallel-worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
    this.#child = fork(fileURLToPath(file), [], { serialization: 'advanced', execArgv: [] });
    this.#child.on('message', (answer: FromWorker) => {
      if (answer.kind === 'failed') this.#lose(`could not continue: ${answer.message}`);
      else this.#waiting?.resolve(answer);
    });
    this.#child.on('error', (error) => this.#lose(`failed: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#lose(`ended (${signal ?? `code ${code}`})`);
        resolve();
      });
    });
  }

  ask(message: ToWorker): Promise<FromWorker> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise<FromWorker>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(message, (error) => {
        if (error !== null) this.#lose(`cannot be reached: ${error.message}`);
      });
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #lose(what: string): void {
    this.#lost ??= new TrainingError('worker-lost', `Process ${this.#rank} of the data-parallel group ${what}.`);
    this.#waiting?.reject(this.#lost);
    this.#waiting = null;
  }
}
