import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RandomNumbers } from '@artenic/training';
import { losses, networks, randomBatch, randomState } from './cases.ts';
import { largestDifference, openGraph, type Values } from './graph-runs.ts';

const stepSize = 1e-6;
const checkedPerTensor = 4;

function withValue(state: Values, name: string, index: number, change: number): Values {
  return new Map(
    [...state].map(([key, values]) => [key, key === name ? values.with(index, (values[index] ?? 0) + change) : values]),
  );
}

describe('gradients of the step graph', () => {
  test('are the finite differences of its loss, whatever the layers, the loss and the batch', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        networks,
        losses,
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        async (network, loss, rows, seed) => {
          const spec = { network, loss, optimizer: { kind: 'sgd', learningRate: 0.1 } } as const;
          const random = RandomNumbers.fromSeed(seed);
          const state = randomState(spec, random);
          const batch = randomBatch(network, loss, rows, random);
          const double = await openGraph(spec, 'float64');
          const single = await openGraph(spec, 'float32');
          try {
            const { gradients } = await double.run(state, batch);
            for (const [name, values] of gradients) {
              for (let count = 0; count < Math.min(checkedPerTensor, values.length); count++) {
                const index = random.below(values.length);
                const above = await double.run(withValue(state, name, index, stepSize), batch);
                const below = await double.run(withValue(state, name, index, -stepSize), batch);
                const slope = (above.loss - below.loss) / (2 * stepSize);
                expect(Math.abs(slope - (values[index] ?? Number.NaN))).toBeLessThan(1e-7 * (1 + Math.abs(slope)));
                compared++;
              }
            }
            const scale = Math.max(1, ...[...gradients.values()].flat().map(Math.abs));
            expect(largestDifference((await single.run(state, batch)).gradients, gradients)).toBeLessThan(1e-4 * scale);
          } finally {
            await double.release();
            await single.release();
          }
        },
      ),
      { numRuns: 40, seed: 20_240_607 },
    );
    expect(compared).toBeGreaterThan(200);
  });
});
