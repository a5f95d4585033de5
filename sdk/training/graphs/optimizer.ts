import { assertNever } from '../assert-never.ts';
import { TrainingError } from '../errors.ts';
import type { Parameter } from '../network.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';

/**
 * `sgd`: b ← momentum·b + g, w ← w − rate·b, as `torch.optim.SGD` without dampening. `momentum` 0 keeps no state.
 * `adamw`: decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as `torch.optim.AdamW`; the decay applies
 * to biases too.
 */
export type Optimizer =
  | { readonly kind: 'sgd'; readonly learningRate: number; readonly momentum?: number }
  | {
      readonly kind: 'adamw';
      readonly learningRate: number;
      /** Default 0.9. */
      readonly beta1?: number;
      /** Default 0.999. */
      readonly beta2?: number;
      /** Default 1e-8. */
      readonly epsilon?: number;
      /** Default 0.01. */
      readonly weightDecay?: number;
    };

/** @throws TrainingError `invalid-configuration` */
export function checkOptimizer(optimizer: Optimizer): void {
  const { learningRate } = optimizer;
  if (!Number.isFinite(learningRate) || learningRate <= 0) {
    throw new TrainingError('invalid-configuration', `The learning rate is a number above 0, not ${learningRate}.`);
  }
  const fractions =
    optimizer.kind === 'sgd' ? [optimizer.momentum ?? 0] : [optimizer.beta1 ?? 0.9, optimizer.beta2 ?? 0.999];
  if (fractions.some((value) => !(value >= 0 && value < 1))) {
    throw new TrainingError('invalid-configuration', 'Momentum, beta1 and beta2 lie in [0, 1).');
  }
  if (optimizer.kind === 'adamw' && !((optimizer.epsilon ?? 1e-8) > 0 && (optimizer.weightDecay ?? 0.01) >= 0)) {
    throw new TrainingError('invalid-configuration', 'AdamW needs epsilon above 0 and weightDecay from 0.');
  }
}

/** Names of the tensors that the optimizer keeps for one parameter; each has the parameter's shape and starts at 0. */
export function optimizerSlots(optimizer: Optimizer, parameter: string): readonly string[] {
  switch (optimizer.kind) {
    case 'sgd':
      return (optimizer.momentum ?? 0) > 0 ? [`${parameter}/momentum`] : [];
    case 'adamw':
      return [`${parameter}/mean`, `${parameter}/square`];
    default:
      return assertNever(optimizer);
  }
}

/** Name under which the step returns the next value of a state tensor. */
export function nextName(state: string): string {
  return `next/${state}`;
}

export type UpdateInputs = { readonly learningRate: Value; readonly gradients: ReadonlyMap<string, Value> };

/** Adds the nodes that make `next/<state>` of every parameter and slot. */
export function buildUpdates(
  graph: GraphBuilder,
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  { learningRate, gradients }: UpdateInputs,
): void {
  const update = optimizer.kind === 'sgd' ? sgd(graph, optimizer, learningRate) : adamw(graph, optimizer, learningRate);
  for (const { name } of parameters) {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new TrainingError('invalid-configuration', `There is no gradient for ${name}.`);
    update(name, gradient);
  }
}

type Update = (name: string, gradient: Value) => void;

function sgd(graph: GraphBuilder, optimizer: Optimizer & { kind: 'sgd' }, learningRate: Value): Update {
  return (name, gradient) => {
    let direction = gradient;
    for (const slot of optimizerSlots(optimizer, name)) {
      const kept = graph.node('Mul', [slot, graph.scalar(optimizer.momentum ?? 0)]);
      direction = graph.node('Add', [kept, gradient], { as: nextName(slot) });
    }
    graph.node('Sub', [name, graph.node('Mul', [direction, learningRate])], { as: nextName(name) });
  };
}

/** Name of the input that holds the number of this step, from 1, as a double. Only AdamW has it. */
export const stepInput = 'step';

function adamw(graph: GraphBuilder, optimizer: Optimizer & { kind: 'adamw' }, learningRate: Value): Update {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = optimizer;
  const step = graph.input(stepInput, [], 'float64');
  // 1 − beta^step loses four digits in single precision, so these two scalars are computed in double.
  const correction = (name: string, beta: number) =>
    graph.node('Sub', [
      graph.doubles(`/${name}_one`, [], [1]),
      graph.node('Pow', [graph.doubles(`/${name}`, [], [beta]), step]),
    ]);
  // rate/c₁ · m / (√v / √c₂ + ε) is rate·√c₂/c₁ · m / (√v + ε·√c₂): the corrections act on scalars, not on every
  // weight.
  const squareScale = graph.cast(graph.node('Sqrt', [correction('beta2', beta2)]));
  const corrected = graph.node('Div', [learningRate, graph.cast(correction('beta1', beta1))]);
  const rate = graph.node('Mul', [corrected, squareScale]);
  const floor = graph.node('Mul', [squareScale, graph.scalar(epsilon)]);
  const decayed = graph.node('Mul', [learningRate, graph.scalar(weightDecay)]);
  const decay = graph.node('Sub', [graph.scalar(1), decayed]);
  return (name, gradient) => {
    const average = (slot: string, beta: number, value: Value) => {
      const kept = graph.node('Mul', [slot, graph.scalar(beta)]);
      const added = graph.node('Mul', [value, graph.scalar(1 - beta)]);
      return graph.node('Add', [kept, added], { as: nextName(slot) });
    };
    const mean = average(`${name}/mean`, beta1, gradient);
    const square = average(`${name}/square`, beta2, graph.node('Mul', [gradient, gradient]));
    const change = graph.node('Div', [mean, graph.node('Add', [graph.node('Sqrt', [square]), floor])]);
    const moved = graph.node('Mul', [change, rate]);
    graph.node('Sub', [graph.node('Mul', [name, decay]), moved], { as: nextName(name) });
  };
}
