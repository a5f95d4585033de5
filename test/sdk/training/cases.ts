import fc from 'fast-check';
import type { Layer, Loss, Network, Optimizer, RandomNumbers } from '@artenic/training';
import { stateTensors } from '../../../sdk/training/graphs/step.ts';
import { initialParameters, networkOutputs } from '../../../sdk/training/network.ts';
import type { Batch, Values } from './graph-runs.ts';

const hidden = fc.record({ units: fc.integer({ min: 1, max: 6 }), relus: fc.integer({ min: 0, max: 2 }) });

/** Stacks of dense layers with none, one or two ReLUs between them. */
export const networks: fc.Arbitrary<Network> = fc
  .record({
    inputs: fc.integer({ min: 1, max: 5 }),
    firstRelu: fc.boolean(),
    hidden: fc.array(hidden, { maxLength: 3 }),
    outputs: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ inputs, firstRelu, hidden, outputs }) => {
    const relu: Layer = { kind: 'relu' };
    const between = hidden.flatMap(({ units, relus }): Layer[] => [
      { kind: 'dense', units },
      ...Array.from({ length: relus }, () => relu),
    ]);
    return { inputs, layers: [...(firstRelu ? [relu] : []), ...between, { kind: 'dense', units: outputs }] };
  });

export const losses = fc.constantFrom<Loss>('softmax-cross-entropy', 'mean-squared-error');

/** Random rows; one-hot targets for classes. */
export function randomBatch(network: Network, loss: Loss, rows: number, random: RandomNumbers): Batch {
  const outputs = networkOutputs(network);
  const features = Array.from({ length: rows * network.inputs }, () => random.normal());
  const targets = Array.from({ length: rows }, () => {
    if (loss === 'mean-squared-error') return Array.from({ length: outputs }, () => random.normal());
    const label = random.below(outputs);
    return Array.from({ length: outputs }, (_, index) => (index === label ? 1 : 0));
  });
  return { rows, features, targets: targets.flat() };
}

/** Random weights, nonzero biases and empty optimizer state, all representable in single precision. */
export function randomState(spec: { network: Network; optimizer: Optimizer }, random: RandomNumbers): Values {
  const first = initialParameters(spec.network, random);
  return new Map(
    stateTensors(spec).map(({ name, shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const values = Array.from(first.get(name) ?? new Float32Array(size));
      return [name, name.endsWith('.bias') ? values.map(() => Math.fround(random.normal() / 4)) : values];
    }),
  );
}
