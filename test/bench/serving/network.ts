import { RandomNumbers } from '@artenic/training';
import { GraphBuilder } from '../../../sdk/training/onnx/graph-builder.ts';

/**
 * A network of dense layers with random weights, such as `[128, 1024, 1024, 10]`; input `x`, output `y`, open row
 * count.
 */
export function denseNetwork(sizes: readonly number[], seed = 7): Uint8Array {
  const random = RandomNumbers.fromSeed(seed);
  const graph = new GraphBuilder();
  let value = graph.input('x', ['rows', sizes[0] ?? 1]);
  for (let layer = 1; layer < sizes.length; layer++) {
    const [from, to] = [sizes[layer - 1] ?? 1, sizes[layer] ?? 1];
    const scale = 1 / Math.sqrt(from);
    const weights = Float32Array.from({ length: from * to }, () => (random.below(20_001) / 10_000 - 1) * scale);
    const w = graph.reals(`w${layer}`, [from, to], weights);
    const b = graph.reals(`b${layer}`, [to], new Float32Array(to));
    value = graph.node('Gemm', [value, w, b]);
    if (layer < sizes.length - 1) value = graph.node('Relu', [value]);
  }
  graph.output('y', value, ['rows', sizes.at(-1) ?? 1]);
  return graph.encode('dense', {});
}
