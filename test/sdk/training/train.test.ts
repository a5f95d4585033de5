import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  createTrainer,
  encodeFeatures,
  exportModel,
  oneHot,
  RandomNumbers,
  train,
  TrainingError,
  type Dataset,
  type Layer,
  type StepReport,
  type TrainerSpec,
} from '@artenic/training';
import { withFolder } from './folder.ts';

const random = RandomNumbers.fromSeed(2);

/** Two classes, separable by the sum of both features. */
function separable(rows: number): Dataset {
  const features = Float32Array.from({ length: rows * 2 }, () => random.normal());
  const labels = Array.from({ length: rows }, (_, row) =>
    Number((features[2 * row] ?? 0) + (features[2 * row + 1] ?? 0) > 0),
  );
  return { rows, features, targets: oneHot(labels, 2) };
}

const classifier: TrainerSpec = {
  network: { inputs: 2, layers: [{ kind: 'dense', units: 8 }, { kind: 'relu' }, { kind: 'dense', units: 2 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'adamw', learningRate: 0.02 },
  seed: 1,
};

describe('train', () => {
  test('learns to tell classes apart and reports loss, accuracy and progress', async () => {
    const trainer = await createTrainer(classifier);
    const steps: StepReport[] = [];
    const validation = separable(200);
    const callbacks = { onStep: (report: StepReport) => void steps.push(report) };
    const result = await train({ trainer, data: separable(300), validation, epochs: 20, batchSize: 32, callbacks });
    expect(result).toMatchObject({ outcome: 'completed', step: 200, epoch: 20 });
    expect(result.metrics['val_accuracy']).toBeGreaterThan(0.95);
    expect(result.metrics['loss']).toBeLessThan(0.2);
    expect(result.metrics['progress']).toBe(1);
    const progress = steps.map((report) => report.progress);
    expect(progress).toEqual(progress.toSorted((one, other) => one - other));
    expect(progress.at(-1)).toBe(1);
    const seen = await trainer.evaluate(validation);
    expect(seen).toEqual({ loss: result.metrics['val_loss'], accuracy: result.metrics['val_accuracy'] });
    await trainer.dispose();
  });

  test('fits a line by mean squared error', async () => {
    const features = Float32Array.from({ length: 100 }, () => random.normal());
    const trainer = await createTrainer({
      network: { inputs: 1, layers: [{ kind: 'dense', units: 1 }] },
      loss: 'mean-squared-error',
      optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
      seed: 4,
    });
    const data = { rows: 100, features, targets: features.map((value) => 3 * value - 2) };
    const { metrics } = await train({ trainer, data, epochs: 40, batchSize: 10 });
    const [weight, bias] = trainer.parameters().map(({ values }) => values[0]);
    await trainer.dispose();
    expect(weight).toBeCloseTo(3, 4);
    expect(bias).toBeCloseTo(-2, 4);
    expect(metrics).not.toHaveProperty('accuracy');
  });

  test('a loss that is not finite is reported, then ends the run, and no checkpoint of it is kept', async () => {
    await withFolder(async (directory) => {
      const trainer = await createTrainer({
        network: { inputs: 1, layers: [{ kind: 'dense', units: 1 }] },
        loss: 'mean-squared-error',
        optimizer: { kind: 'sgd', learningRate: 1e30 },
        seed: 4,
      });
      const losses: number[] = [];
      const running = train({
        trainer,
        data: { rows: 2, features: Float32Array.of(1, 2), targets: Float32Array.of(5, -5) },
        epochs: 50,
        batchSize: 2,
        checkpoints: { directory, everySteps: 50 },
        callbacks: { onStep: ({ loss }) => void losses.push(loss) },
      });
      await expect(running).rejects.toThrow(expect.objectContaining({ code: 'not-finite', name: 'TrainingError' }));
      await expect(running).rejects.toThrow(/loss is (NaN|Infinity) at step \d+, epoch \d+/);
      expect(Number.isFinite(losses.at(-1))).toBe(false);
      expect(losses.slice(0, -1).every(Number.isFinite)).toBe(true);
      expect(readdirSync(directory)).toEqual([]);
      await trainer.dispose();
    });
  });

  test('weights that overflow at the last step are found by checkpoint and export', async () => {
    const trainer = await createTrainer({
      network: { inputs: 1, layers: [{ kind: 'dense', units: 1 }] },
      loss: 'mean-squared-error',
      optimizer: { kind: 'sgd', learningRate: 1e38 },
      seed: 4,
    });
    const { loss } = await trainer.step({ rows: 1, features: Float32Array.of(100), targets: Float32Array.of(1e5) });
    expect(Number.isFinite(loss)).toBe(true);
    const features = [{ name: 'x', kind: 'numeric', mean: 0, deviation: 1 }] as const;
    expect(() => trainer.snapshot()).toThrow(expect.objectContaining({ code: 'not-finite' }));
    expect(() => exportModel(trainer, { features })).toThrow(
      /layer0\.weight holds NaN or infinite values after step 1/,
    );
    await trainer.dispose();
  });

  test('clipping bounds the step and reports the norm before it', async () => {
    const spec = { ...classifier, optimizer: { kind: 'sgd', learningRate: 1 }, clipNorm: 0.01 } as const;
    const trainer = await createTrainer(spec);
    const before = trainer.parameters();
    const { gradientNorm } = await trainer.step(separable(16));
    const moved = trainer
      .parameters()
      .flatMap(({ values }, index) => [...values].map((value, at) => value - (before[index]?.values[at] ?? 0)));
    await trainer.dispose();
    expect(gradientNorm).toBeGreaterThan(0.01);
    expect(Math.hypot(...moved)).toBeCloseTo(0.01, 5);
  });

  test('follows a schedule of learning rates', async () => {
    const trainer = await createTrainer({ ...classifier, optimizer: { kind: 'sgd', learningRate: 1 } });
    const asked: number[] = [];
    const before = JSON.stringify(trainer.snapshot().tensors.map(({ values }) => [...values]));
    const learningRate = (step: number) => (asked.push(step), 0);
    await train({ trainer, data: separable(10), epochs: 2, batchSize: 4, learningRate });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    expect(JSON.stringify(trainer.snapshot().tensors.map(({ values }) => [...values]))).toBe(before);
    await trainer.dispose();
  });
});

test('the same seed gives the same weights, another seed others', async () => {
  const weights = async (seed: number) => {
    const trainer = await createTrainer({ ...classifier, seed });
    const values = trainer.parameters().map((tensor) => [...tensor.values]);
    await trainer.dispose();
    return values;
  };
  const [one, same, other] = [await weights(1), await weights(1), await weights(2)];
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
});

test('first weights have the spread of He et al.: variance 2 / inputs before a ReLU, 1 / inputs elsewhere', async () => {
  const layers: Layer[] = [{ kind: 'dense', units: 300 }, { kind: 'relu' }, { kind: 'dense', units: 300 }];
  const trainer = await createTrainer({ ...classifier, network: { inputs: 200, layers } });
  const [first, firstBias, second] = trainer.parameters().map(({ values }) => [...values]);
  await trainer.dispose();
  const variance = (values: readonly number[] = []) =>
    values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  expect(variance(first) / (2 / 200)).toBeCloseTo(1, 1);
  expect(variance(second) / (1 / 300)).toBeCloseTo(1, 1);
  expect(firstBias?.every((value) => value === 0)).toBe(true);
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'no dense layer at the end',
    () => createTrainer({ ...classifier, network: { inputs: 2, layers: [{ kind: 'relu' }] } }),
    'invalid-configuration',
  ],
  [
    'a width of 0',
    () => createTrainer({ ...classifier, network: { inputs: 0, layers: [{ kind: 'dense', units: 1 }] } }),
    'invalid-configuration',
  ],
  ['clipNorm 0', () => createTrainer({ ...classifier, clipNorm: 0 }), 'invalid-configuration'],
  ['epochs 0', () => trainWith({ epochs: 0 }), 'invalid-configuration'],
  ['a batch of half a row', () => trainWith({ batchSize: 0.5 }), 'invalid-configuration'],
  ['features that do not fit', () => trainWith({ data: { ...separable(4), rows: 5 } }), 'invalid-data'],
  [
    'a NaN in the data',
    () => trainWith({ data: { ...separable(4), features: new Float32Array(8).fill(Number.NaN) } }),
    'invalid-data',
  ],
])('%s is refused', async (_name, run, code) => {
  await expect(run()).rejects.toThrow(expect.objectContaining({ code }));
});

async function trainWith(change: { epochs?: number; batchSize?: number; data?: Dataset }): Promise<void> {
  const trainer = await createTrainer(classifier);
  try {
    await train({ trainer, data: separable(4), epochs: 1, batchSize: 2, ...change });
  } finally {
    await trainer.dispose();
  }
}

test('wrong class numbers and missing columns are named', () => {
  expect(() => oneHot([0, 3], 3)).toThrow(/Row 1 has class 3, not one of 0 to 2/);
  const features = [{ name: 'x', kind: 'numeric', mean: 0, deviation: 1 }] as const;
  expect(() => encodeFeatures(features, [{ y: 1 }])).toThrow(TrainingError);
});
