import { parameterName, type Network } from '../network.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';

/** What the backward pass needs to know of one layer. */
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

/**
 * Gradients of the loss by every parameter, from the gradient by the network's outputs:
 * dW = hᵀ·d, db = Σ d over rows, d = d·Wᵀ, and d ⊙ (h > 0) through a ReLU.
 */
export function buildBackward(graph: GraphBuilder, forward: Forward, gradient: Value): ReadonlyMap<string, Value> {
  const gradients = new Map<string, Value>();
  const rows = graph.integers('/rows_axis', [0]);
  let d = gradient;
  for (const [place, recorded] of [...forward.tape.entries()].toReversed()) {
    switch (recorded.kind) {
      case 'dense': {
        const { input, weight, layer } = recorded;
        gradients.set(weight, graph.node('Gemm', [input, d], { attributes: { transA: 1 } }));
        const bias = graph.node('ReduceSum', [d, rows], { attributes: { keepdims: 0 } });
        gradients.set(parameterName(layer, 'bias'), bias);
        if (place > 0) d = graph.node('Gemm', [d, weight], { attributes: { transB: 1 } });
        break;
      }
      case 'relu':
        d = graph.node('Mul', [d, graph.cast(graph.node('Greater', [recorded.output, graph.scalar(0)]))]);
        break;
    }
  }
  return gradients;
}
