import { parameterName, type Network } from '../network.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';

/** Data of one layer that the backward pass needs. */
type Recorded =
  | { readonly kind: 'dense'; readonly input: Value; readonly weight: Value; readonly layer: number }
  | { readonly kind: 'relu'; readonly output: Value };

export type Forward = { readonly outputs: Value; readonly tape: readonly Recorded[] };

/** z = Gemm(h, W, b) and h = Relu(z), layer by layer. Parameters are found in the graph by their names. */
export function buildForward(graph: GraphBuilder, network: Network, features: Value): Forward {
  const tape: Recorded[] = [];
  let value = features;
  for (const [layer, { kind }] of network.layers.entries()) {
    switch (kind) {
      case 'dense': {
        const weight = parameterName(layer, 'weight');
        tape.push({ kind, input: value, weight, layer });
        value = graph.node('Gemm', [value, weight, parameterName(layer, 'bias')]);
        break;
      }
      case 'relu':
        value = graph.node('Relu', [value]);
        tape.push({ kind, output: value });
        break;
    }
  }
  return { outputs: value, tape };
}

/** For a dense layer z = h·W + b: hᵀ, and dᵀ of d, the gradient of the loss by z. */
type DenseGradient = {
  readonly weight: Value;
  readonly bias: Value;
  readonly input: Value;
  readonly d: Value;
  /** Σ d over rows. */
  readonly rowSum: Value;
};

/**
 * Goes back through the network, dᵀ = W·dᵀ, and dᵀ ⊙ (hᵀ > 0) through a ReLU, last layer first. The rows of the batch
 * are columns here: then the large W is the left factor, which the runtime's product reads in place; it would repack a
 * right factor for a few rows of d.
 */
function walkBack(graph: GraphBuilder, forward: Forward, gradient: Value, visit: (layer: DenseGradient) => void): void {
  const rows = graph.integers('/rows_axis', [1]);
  const turned = new Map<Value, Value>();
  const turn = (value: Value): Value => {
    const known = turned.get(value) ?? graph.node('Transpose', [value], { attributes: { perm: [1, 0] } });
    turned.set(value, known);
    return known;
  };
  let d = turn(gradient);
  for (const [place, recorded] of [...forward.tape.entries()].toReversed()) {
    switch (recorded.kind) {
      case 'dense': {
        const { input, weight, layer } = recorded;
        const rowSum = graph.node('ReduceSum', [d, rows], { attributes: { keepdims: 0 } });
        visit({ weight, bias: parameterName(layer, 'bias'), input: turn(input), d, rowSum });
        if (place > 0) d = graph.node('Gemm', [weight, d]);
        break;
      }
      case 'relu':
        d = graph.node('Mul', [d, graph.cast(graph.node('Greater', [turn(recorded.output), graph.scalar(0)]))]);
        break;
    }
  }
}

/**
 * Gradients of the loss by every parameter, from the gradient by the network's outputs: dW = hᵀ·d, db = Σ d over rows.
 */
export function buildBackward(graph: GraphBuilder, forward: Forward, gradient: Value): ReadonlyMap<string, Value> {
  const gradients = new Map<string, Value>();
  walkBack(graph, forward, gradient, ({ weight, bias, input, d, rowSum }) => {
    gradients.set(weight, graph.node('Gemm', [input, d], { attributes: { transB: 1 } }));
    gradients.set(bias, rowSum);
  });
  return gradients;
}

/**
 * Backward pass and w ← w − rate·dw in one, for callers that need the gradients for nothing else: hᵀ·(−rate·d) + W is
 * one product, so no gradient as large as the weights is ever written. Makes `nameOf(parameter)` of every parameter.
 */
export function buildDescent(
  graph: GraphBuilder,
  forward: Forward,
  { gradient, learningRate, nameOf }: { gradient: Value; learningRate: Value; nameOf: (parameter: string) => string },
): void {
  const factor = graph.node('Neg', [learningRate]);
  walkBack(graph, forward, gradient, ({ weight, bias, input, d, rowSum }) => {
    const scaled = graph.node('Mul', [d, factor]);
    graph.node('Gemm', [input, scaled, weight], { attributes: { transB: 1 }, as: nameOf(weight) });
    graph.node('Sub', [bias, graph.node('Mul', [rowSum, learningRate])], { as: nameOf(bias) });
  });
}
