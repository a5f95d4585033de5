import { TrainingError } from './errors.ts';
import type { RandomNumbers } from './random.ts';

/** `dense`: x·W + b with W of shape [inputs, units] and b of shape [units]. `relu`: max(x, 0). */
export type Layer = { readonly kind: 'dense'; readonly units: number } | { readonly kind: 'relu' };

/** A stack of layers for rows of `inputs` numbers. */
export type Network = { readonly inputs: number; readonly layers: readonly Layer[] };

export type Parameter = { readonly name: string; readonly shape: readonly number[] };

/** Width of the network's last layer. */
export function networkOutputs(network: Network): number {
  return network.layers.reduce((width, layer) => (layer.kind === 'dense' ? layer.units : width), network.inputs);
}

/** @throws TrainingError `invalid-configuration` */
export function checkNetwork(network: Network): void {
  const widths = [network.inputs, ...network.layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : []))];
  if (widths.some((width) => !Number.isSafeInteger(width) || width < 1)) {
    throw new TrainingError(
      'invalid-configuration',
      `Widths of layers are whole numbers from 1: ${widths.join(', ')}.`,
    );
  }
  if (network.layers.at(-1)?.kind !== 'dense') {
    throw new TrainingError('invalid-configuration', 'The last layer of a network must be dense.');
  }
}

/** Name of a layer's weight or bias; `layer` is its index. */
export function parameterName(layer: number, part: 'weight' | 'bias'): string {
  return `layer${layer}.${part}`;
}

/** Weights and biases, first layer first. */
export function networkParameters(network: Network): readonly Parameter[] {
  let width = network.inputs;
  return network.layers.flatMap((layer, index) => {
    if (layer.kind === 'relu') return [];
    const inputs = width;
    width = layer.units;
    return [
      { name: parameterName(index, 'weight'), shape: [inputs, layer.units] },
      { name: parameterName(index, 'bias'), shape: [layer.units] },
    ];
  });
}

/**
 * Initial values. Weights are normal with variance gain / inputs, gain 2 before a ReLU (He et al. 2015, arXiv
 * 1502.01852, equation 10) and 1 elsewhere; biases are 0.
 */
export function initialParameters(network: Network, random: RandomNumbers): ReadonlyMap<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  let width = network.inputs;
  for (const [index, layer] of network.layers.entries()) {
    if (layer.kind === 'relu') continue;
    const gain = network.layers[index + 1]?.kind === 'relu' ? 2 : 1;
    const deviation = Math.sqrt(gain / width);
    const weight = Float32Array.from({ length: width * layer.units }, () => deviation * random.normal());
    values.set(parameterName(index, 'weight'), weight);
    values.set(parameterName(index, 'bias'), new Float32Array(layer.units));
    width = layer.units;
  }
  return values;
}
