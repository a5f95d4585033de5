import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  createTrainer,
  findLearningRate,
  RandomNumbers,
  suggestLearningRates,
  type TrainerSpec,
} from '@artenic/training';
import { z } from 'zod';
import { randomBatch } from './cases.ts';

const spec: TrainerSpec = {
  network: { inputs: 4, layers: [{ kind: 'dense', units: 8 }, { kind: 'relu' }, { kind: 'dense', units: 3 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'adamw', learningRate: 0.01 },
  seed: 5,
};

test('a sweep ends above the best loss and leaves everything as it was, to the bit', async () => {
  const batch = randomBatch(spec.network, spec.loss, 50, RandomNumbers.fromSeed(2));
  const data = { rows: 50, features: Float32Array.from(batch.features), targets: Float32Array.from(batch.targets) };
  const trainer = await createTrainer(spec);
  await trainer.step(data);
  const before = trainer.snapshot();
  const found = await findLearningRate(trainer, data, { batchSize: 16 });
  expect(trainer.snapshot()).toEqual(before);
  expect(found).toEqual(await findLearningRate(trainer, data, { batchSize: 16 }));
  // The first tenth of 100 steps is skipped.
  expect(found.rates[0]).toBeCloseTo(1e-7 * 1e8 ** 0.1, 12);
  expect(found.suggestions.valley).toBeGreaterThan(1e-5);
  expect(found.suggestions.valley).toBeLessThan(1);
  await trainer.dispose();
});

test('the three rules on a curve worked out by hand', () => {
  const rates = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
  // Losses fall from index 1 to 5: five points, so start = 5 - 5 = 0, a third is 5/3, the index is 0 + 1 + 0.
  const losses = [4, 5, 4.5, 3, 2.5, 2.4, 9];
  expect(suggestLearningRates({ rates, losses })).toEqual({ valley: 1e-4, steep: 1e-3, slide: null, minimum: 0.1 });
});

const goldenSchema = z.object({
  cases: z.array(
    z.object({
      ...{ kind: z.string(), rates: z.array(z.number()), losses: z.array(z.number()) },
      ...{ valley: z.number(), slide: z.number(), minimum: z.number(), steep: z.number() },
    }),
  ),
});
const golden = goldenSchema.parse(
  JSON.parse(readFileSync(new URL('./goldens/finder.json', import.meta.url), 'utf8')),
).cases;

test.each(golden)("fastai's own rules say the same: $kind", ({ rates, losses, kind: _kind, ...said }) => {
  const suggested = suggestLearningRates({ rates, losses });
  for (const rule of ['valley', 'slide', 'minimum', 'steep'] as const)
    expect((suggested[rule] ?? 0) / said[rule]).toBeCloseTo(1, 12);
});

test('too few points are refused', () => {
  expect(() => suggestLearningRates({ rates: [1], losses: [1] })).toThrow(
    expect.objectContaining({ code: 'invalid-data' }),
  );
});
