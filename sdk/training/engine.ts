import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Dataset } from './data.ts';
import { TrainingError } from './errors.ts';
import { nextName, stepInput } from './graphs/optimizer.ts';
import { buildStepModel, names, stateTensors, type StepSpec } from './graphs/step.ts';
import { networkOutputs } from './network.ts';
import { doubleScalar, openSession, realScalar, realTensor, realValues } from './session.ts';

export type State = Readonly<Record<string, Tensor>>;

export type StepInputs = {
  readonly state: State;
  readonly batch: Dataset;
  readonly learningRate: number;
  /** Number of this step, from 1. */
  readonly step: number;
};

export type StepOutputs = {
  readonly state: State;
  readonly loss: number;
  readonly outputs: Float32Array;
  readonly gradientNorm: number | null;
};

/**
 * Computes the next state from a state and a batch, in this process or in several. The step after the next one may
 * overwrite a state's tensors.
 */
export type Engine = {
  readonly step: (inputs: StepInputs) => Promise<StepOutputs>;
  readonly dispose: () => Promise<void>;
};

/** Runs the whole step as one graph in this process. */
export async function singleEngine(spec: StepSpec, threads: number): Promise<Engine> {
  const session: InferenceSession = await openSession(buildStepModel(spec), threads);
  // Two buffers are used in turn: new memory for every step would cost page faults.
  const rooms = [stateRoom(spec), stateRoom(spec)] as const;
  const others = Object.fromEntries(
    session.outputNames.filter((name) => !(name in rooms[0].outputs)).map((name) => [name, null]),
  );
  return {
    step: async ({ state, batch, learningRate, step }) => {
      const room = rooms[0].state === state ? rooms[1] : rooms[0];
      const feeds = {
        ...state,
        [names.features]: realTensor(batch.features, [batch.rows, spec.network.inputs]),
        [names.targets]: realTensor(batch.targets, [batch.rows, networkOutputs(spec.network)]),
        [names.inverseRows]: realScalar(1 / batch.rows),
        ...rateInputs(spec, learningRate, step),
      };
      const result = await session.run(feeds, { ...room.outputs, ...others });
      for (const [name, given] of Object.entries(room.outputs)) freeCopy(result[name], given);
      return {
        state: room.state,
        loss: firstValue(result[names.loss]),
        outputs: realValues(result[names.outputs]),
        gradientNorm: normOf(result),
      };
    },
    dispose: () => session.release(),
  };
}

/**
 * The runtime's binding makes one more copy of each output, even of outputs written to preallocated tensors. As
 * garbage, these copies would make V8 collect every few steps, with threads that the step needs.
 */
function freeCopy(copy: Tensor | undefined, given: Tensor): void {
  const { buffer } = realValues(copy);
  if (buffer instanceof ArrayBuffer && buffer !== realValues(given).buffer) buffer.transfer(0);
}

/** Memory for one state: the same tensors by their own names, and by the names of the graph's outputs. */
function stateRoom(spec: StepSpec): { readonly state: State; readonly outputs: State } {
  const tensors = stateTensors(spec).map(({ name, shape }) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return [name, realTensor(new Float32Array(size), shape)] as const;
  });
  return {
    state: Object.fromEntries(tensors),
    outputs: Object.fromEntries(tensors.map(([name, tensor]) => [nextName(name), tensor])),
  };
}

export function rateInputs(spec: StepSpec, learningRate: number, step: number): Record<string, Tensor> {
  return {
    [names.learningRate]: realScalar(learningRate),
    ...(spec.optimizer.kind === 'adamw' ? { [stepInput]: doubleScalar(step) } : {}),
  };
}

export function nextState(spec: StepSpec, result: Readonly<Record<string, Tensor>>): State {
  const next: Record<string, Tensor> = {};
  for (const { name } of stateTensors(spec)) {
    const tensor = result[nextName(name)];
    if (tensor === undefined) throw new TrainingError('invalid-configuration', `The graph gave no ${nextName(name)}.`);
    next[name] = tensor;
  }
  return next;
}

export function normOf(result: Readonly<Record<string, Tensor>>): number | null {
  const norm = result[names.gradientNorm];
  return norm === undefined ? null : firstValue(norm);
}

export function firstValue(tensor: Tensor | undefined): number {
  return realValues(tensor)[0] ?? Number.NaN;
}
