import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RandomNumbers, createTrainer, type Optimizer } from '@artenic/training';
import { losses, networks, randomBatch, randomState } from './cases.ts';
import { largestDifference, openGraph, type Values } from './graph-runs.ts';
import { referenceStep } from './reference.ts';

const steps = 6;
const optimizers: readonly Optimizer[] = [
  { kind: 'sgd', learningRate: 0.05 },
  { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
  { kind: 'adamw', learningRate: 0.01 },
  { kind: 'adamw', learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.3 },
];

describe.each(optimizers)('$kind %#', (optimizer) => {
  test.each([undefined, 0.05, 1000])(
    'equals the published formulas over several steps, clipped at %s',
    async (clipNorm) => {
      await fc.assert(
        fc.asyncProperty(networks, losses, fc.nat(), async (network, loss, seed) => {
          const spec = { network, loss, optimizer, ...(clipNorm === undefined ? {} : { clipNorm }) };
          const random = RandomNumbers.fromSeed(seed);
          const graph = await openGraph(spec, 'float64');
          try {
            let expected: Values = randomState(spec, random);
            let actual = expected;
            for (let step = 1; step <= steps; step++) {
              const batch = randomBatch(network, loss, 1 + random.below(5), random);
              const reference = referenceStep(spec, expected, batch, step);
              const result = await graph.run(actual, batch, { learningRate: optimizer.learningRate, step });
              expect(Math.abs(result.loss - reference.loss)).toBeLessThan(1e-10 * (1 + Math.abs(reference.loss)));
              if (clipNorm !== undefined) expect(result.norm).toBeCloseTo(reference.norm, 10);
              expected = reference.next;
              actual = result.next;
              expect(largestDifference(actual, expected)).toBeLessThan(1e-9);
            }
          } finally {
            await graph.release();
          }
        }),
        { numRuns: 6, seed: 17 },
      );
    },
  );
});

test('one step of plain SGD in single precision stays within rounding of the double one', async () => {
  const spec = {
    network: { inputs: 16, layers: [{ kind: 'dense', units: 64 }, { kind: 'relu' }, { kind: 'dense', units: 2 }] },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 0.1 },
  } as const;
  const random = RandomNumbers.fromSeed(3);
  const graph = await openGraph(spec, 'float32');
  const state = randomState(spec, random);
  const batch = randomBatch(spec.network, spec.loss, 64, random);
  const single = { ...batch, features: batch.features.map(Math.fround) };
  const { next } = await graph.run(state, single, { learningRate: 0.1 });
  await graph.release();
  // torch's own autograd differs from such a graph by 3e-8.
  expect(largestDifference(next, referenceStep(spec, state, single, 1).next)).toBeLessThan(1e-7);
});

test('AdamW takes the size of the learning rate at its first step, whatever the gradient', async () => {
  const trainer = await createTrainer({
    network: { inputs: 1, layers: [{ kind: 'dense', units: 1 }] },
    loss: 'mean-squared-error',
    optimizer: { kind: 'adamw', learningRate: 0.25, weightDecay: 0 },
    seed: 1,
  });
  const before = trainer.parameters();
  await trainer.step({ rows: 1, features: Float32Array.of(1), targets: Float32Array.of(1000) });
  const moved = trainer.parameters().map(({ values }, index) => (values[0] ?? 0) - (before[index]?.values[0] ?? 0));
  await trainer.dispose();
  for (const change of moved) expect(change).toBeCloseTo(0.25, 5);
});

test.each<[string, Optimizer]>([
  ['a learning rate of 0', { kind: 'sgd', learningRate: 0 }],
  ['a learning rate of NaN', { kind: 'adamw', learningRate: Number.NaN }],
  ['momentum 1', { kind: 'sgd', learningRate: 1, momentum: 1 }],
  ['beta2 above 1', { kind: 'adamw', learningRate: 1, beta2: 1.5 }],
  ['epsilon 0', { kind: 'adamw', learningRate: 1, epsilon: 0 }],
])('%s is refused', async (_name, optimizer) => {
  const network = { inputs: 1, layers: [{ kind: 'dense', units: 1 }] } as const;
  const made = createTrainer({ network, loss: 'mean-squared-error', optimizer, seed: 1 });
  await expect(made).rejects.toMatchObject({ name: 'TrainingError', code: 'invalid-configuration' });
});
