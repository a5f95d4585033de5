import { networkOutputs, networkParameters, type Network, type Parameter } from '../network.ts';
import { GraphBuilder, type Value } from '../onnx/graph-builder.ts';
import { buildBackward, buildDescent, buildForward } from './forward.ts';
import { buildLoss, buildLossGradient, type Loss } from './loss.ts';
import { buildUpdates, nextName, optimizerSlots, type Optimizer } from './optimizer.ts';

export type StepSpec = {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Longest allowed gradient, as the Euclidean norm over all parameters; longer gradients are scaled down to it. */
  readonly clipNorm?: number;
};

/** Names of the graphs' inputs and outputs beside the state. */
export const names = {
  features: 'features',
  targets: 'targets',
  learningRate: 'learning_rate',
  inverseRows: 'inverse_rows',
  loss: 'loss',
  outputs: 'outputs',
  gradientNorm: 'gradient_norm',
} as const;

export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/** Tensors that a step reads and updates: the parameters, then the optimizer's state. */
export function stateTensors(spec: Pick<StepSpec, 'network' | 'optimizer'>): readonly Parameter[] {
  const parameters = networkParameters(spec.network);
  const slots = parameters.flatMap(({ name, shape }) =>
    optimizerSlots(spec.optimizer, name).map((slot) => ({ name: slot, shape })),
  );
  return [...parameters, ...slots];
}

/**
 * One training step as a model. Inputs: features [N, inputs], targets [N, outputs], learning rate, 1/N and the state.
 * Outputs: loss, outputs [N, outputs] before the step, and the next state.
 * @param checks For tests of the gradients: their values as outputs `gradient/<parameter>`, and double precision.
 */
export function buildStepModel(
  spec: StepSpec,
  checks: { readonly exposeGradients?: boolean; readonly real?: 'float32' | 'float64' } = {},
): Uint8Array {
  const { network, loss, optimizer, clipNorm } = spec;
  const graph = new GraphBuilder(checks.real);
  const width = networkOutputs(network);
  const parameters = networkParameters(network);
  const state = stateTensors(spec);

  const features = graph.input(names.features, ['rows', network.inputs]);
  const targets = graph.input(names.targets, ['rows', width]);
  const learningRate = graph.input(names.learningRate, []);
  const inverseRows = graph.input(names.inverseRows, []);
  for (const { name, shape } of state) graph.input(name, shape);

  const forward = buildForward(graph, network, features);
  const { outputs } = forward;
  graph.output(names.loss, buildLoss(graph, loss, outputs, targets), []);
  graph.output(names.outputs, outputs, ['rows', width]);
  const gradient = buildLossGradient(graph, loss, { outputs, targets, inverseRows, width });
  const isPlain = optimizerSlots(optimizer, '').length === 0 && clipNorm === undefined;
  if (isPlain && checks.exposeGradients !== true) {
    buildDescent(graph, forward, { gradient, learningRate, nameOf: nextName });
  } else {
    let gradients = buildBackward(graph, forward, gradient);
    if (clipNorm !== undefined) gradients = buildClipping(graph, gradients, clipNorm);
    buildUpdates(graph, optimizer, parameters, { learningRate, gradients });
    if (checks.exposeGradients === true) {
      for (const { name, shape } of parameters) graph.output(gradientName(name), gradients.get(name) ?? '', shape);
    }
  }
  for (const { name, shape } of state) graph.output(nextName(name), nextName(name), shape);
  return graph.encode('artenic-step');
}

/** As `torch.nn.utils.clip_grad_norm_`: g·min(1, clipNorm / (norm + 1e-6)). */
export function buildClipping(
  graph: GraphBuilder,
  gradients: ReadonlyMap<string, Value>,
  clipNorm: number,
): ReadonlyMap<string, Value> {
  const squares = [...gradients.values()].map((gradient) =>
    graph.node('ReduceSumSquare', [gradient], { attributes: { keepdims: 0 } }),
  );
  const norm = graph.node('Sqrt', [squares.length === 1 ? (squares[0] ?? '') : graph.node('Sum', squares)]);
  graph.output(names.gradientNorm, norm, []);
  const ratio = graph.node('Div', [graph.scalar(clipNorm), graph.node('Add', [norm, graph.scalar(1e-6)])]);
  const factor = graph.node('Min', [ratio, graph.scalar(1)]);
  return new Map([...gradients].map(([name, gradient]) => [name, graph.node('Mul', [gradient, factor])]));
}

/**
 * The same forward pass and loss without a step. Inputs: features, targets and parameters. Outputs: loss and outputs.
 */
export function buildEvaluationModel({ network, loss }: Pick<StepSpec, 'network' | 'loss'>): Uint8Array {
  const graph = new GraphBuilder();
  const width = networkOutputs(network);
  const features = graph.input(names.features, ['rows', network.inputs]);
  const targets = graph.input(names.targets, ['rows', width]);
  for (const { name, shape } of networkParameters(network)) graph.input(name, shape);
  const { outputs } = buildForward(graph, network, features);
  graph.output(names.loss, buildLoss(graph, loss, outputs, targets), []);
  const predicted =
    loss === 'softmax-cross-entropy' ? graph.node('Softmax', [outputs], { attributes: { axis: 1 } }) : outputs;
  graph.output(names.outputs, predicted, ['rows', width]);
  return graph.encode('artenic-evaluation');
}
