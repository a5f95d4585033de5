import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  createTrainer,
  decodeModel,
  encodeFeatures,
  exportModel,
  featureWidth,
  fitFeatures,
  modelInitializers,
  modelLabels,
  modelMetadata,
  oneHot,
  RandomNumbers,
  train,
  usesExternalData,
  type Column,
  type ExportOptions,
  type Loss,
  type TableRow,
  type Trainer,
} from '@artenic/training';

const islands = ['Biscoe', 'Dream', 'Ünknown "x"'];
const labels = ['Adelie', 'Chinstrap', 'Gentoo'];
const columnSets: readonly (readonly Column[])[] = [
  [{ name: 'only', kind: 'numeric' }],
  [{ name: 'place', kind: 'categorical' }],
  [
    { name: 'place', kind: 'categorical' },
    { name: 'mass', kind: 'numeric' },
    { name: 'other_place', kind: 'categorical' },
    { name: '_length', kind: 'numeric' },
  ],
];

function randomRows(columns: readonly Column[], count: number, random: RandomNumbers): readonly TableRow[] {
  return Array.from({ length: count }, () =>
    Object.fromEntries(
      columns.map(({ name, kind }) => [
        name,
        kind === 'numeric' ? Math.fround(4000 + 800 * random.normal()) : (islands[random.below(islands.length)] ?? ''),
      ]),
    ),
  );
}

async function trained(loss: Loss, columns: readonly Column[], seed: number) {
  const random = RandomNumbers.fromSeed(seed);
  const rows = randomRows(columns, 40, random);
  const features = fitFeatures(columns, rows);
  const outputs = loss === 'softmax-cross-entropy' ? labels.length : 2;
  const targets =
    loss === 'softmax-cross-entropy'
      ? oneHot(
          rows.map(() => random.below(labels.length)),
          labels.length,
        )
      : Float32Array.from({ length: rows.length * outputs }, () => random.normal());
  const trainer = await createTrainer({
    network: {
      inputs: featureWidth(features),
      layers: [{ kind: 'dense', units: 5 }, { kind: 'relu' }, { kind: 'dense', units: outputs }],
    },
    loss,
    optimizer: { kind: 'adamw', learningRate: 0.01 },
    seed,
  });
  await train({
    trainer,
    data: { rows: rows.length, features: encodeFeatures(features, rows), targets },
    epochs: 3,
    batchSize: 7,
  });
  return { trainer, features, columns, random };
}

function feedsOf(columns: readonly Column[], rows: readonly TableRow[]): Record<string, Tensor> {
  return Object.fromEntries(
    columns.map(({ name, kind }) => {
      const shape = [rows.length, 1];
      if (kind === 'categorical')
        return [
          name,
          new Tensor(
            'string',
            rows.map((row) => String(row[name])),
            shape,
          ),
        ];
      return [
        name,
        new Tensor(
          'float32',
          Float32Array.from(rows, (row) => Number(row[name])),
          shape,
        ),
      ];
    }),
  );
}

function reals(tensor: Tensor | undefined): Float32Array {
  if (tensor === undefined) throw new Error('the model gave no such output');
  return tensor.data as Float32Array;
}

describe.each(columnSets.map((columns) => [columns.map(({ kind }) => kind).join(', '), columns] as const))(
  'with %s features',
  (_name, columns) => {
    test('the exported classifier says what the trainer says, from raw values', async () => {
      const { trainer, features, random } = await trained('softmax-cross-entropy', columns, 3);
      const session = await InferenceSession.create(exportModel(trainer, { features, labels }));
      expect(session.inputNames).toEqual(columns.map(({ name }) => name));
      expect(session.outputNames).toEqual(['label', 'probabilities']);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (count) => {
          const rows = randomRows(columns, count, random);
          const expected = await trainer.predict(encodeFeatures(features, rows));
          const answer = await session.run(feedsOf(columns, rows));
          expect(answer['probabilities']?.dims).toEqual([count, labels.length]);
          expect(answer['label']?.dims).toEqual([count]);
          const probabilities = [...reals(answer['probabilities'])];
          for (const [index, value] of probabilities.entries())
            expect(Math.abs(value - (expected[index] ?? 0))).toBeLessThan(1e-6);
          const best = rows.map((_, row) => {
            const own = probabilities.slice(row * labels.length, (row + 1) * labels.length);
            expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
            return labels[own.indexOf(Math.max(...own))];
          });
          expect(answer['label']?.data).toEqual(best);
        }),
        { numRuns: 10 },
      );
      await session.release();
      await trainer.dispose();
    });

    test('the exported regression gives the values, with the scaling of the targets undone', async () => {
      const { trainer, features, random } = await trained('mean-squared-error', columns, 4);
      const rows = randomRows(columns, 6, random);
      const expected = await trainer.predict(encodeFeatures(features, rows));
      const plain = await InferenceSession.create(exportModel(trainer, { features }));
      const scaled = await InferenceSession.create(
        exportModel(trainer, { features, target: { mean: 100, deviation: 8 } }),
      );
      const values = (await plain.run(feedsOf(columns, rows)))['value'];
      const inUnits = reals((await scaled.run(feedsOf(columns, rows)))['value']);
      expect(values?.dims).toEqual([6, 2]);
      for (const [index, value] of expected.entries()) {
        expect(reals(values)[index]).toBeCloseTo(value, 5);
        expect(inUnits[index]).toBeCloseTo(8 * value + 100, 3);
      }
      await plain.release();
      await scaled.release();
      await trainer.dispose();
    });
  },
);

test('a category that was never seen counts as none of the known ones', async () => {
  const columns = columnSets[1] ?? [];
  const { trainer, features } = await trained('softmax-cross-entropy', columns, 5);
  const session = await InferenceSession.create(exportModel(trainer, { features, labels }));
  const answer = await session.run({ place: new Tensor('string', ['Atlantis'], [1, 1]) });
  const expected = await trainer.predict(new Float32Array(islands.length));
  for (const [index, value] of expected.entries()) {
    expect(reals(answer['probabilities'])[index]).toBeCloseTo(value, 6);
  }
  await session.release();
  await trainer.dispose();
});

test('the file can be read back: labels, features, weights', async () => {
  const { trainer, features } = await trained('softmax-cross-entropy', columnSets[2] ?? [], 6);
  const bytes = exportModel(trainer, { features, labels });
  const model = decodeModel(bytes);
  expect(model.irVersion).toBe(8);
  expect(model.opsetImport).toEqual([{ version: 17 }, { domain: 'ai.onnx.ml', version: 3 }]);
  expect(modelLabels(model)).toEqual(labels);
  expect(JSON.parse(modelMetadata(model)['artenic.features'] ?? '')).toEqual(features);
  expect(JSON.parse(modelMetadata(model)['artenic.task'] ?? '')).toBe('classification');
  expect(usesExternalData(model)).toBe(false);
  const initializers = new Map(modelInitializers(model).map((tensor) => [tensor.name, tensor]));
  for (const { name, shape, values } of trainer.parameters())
    expect(initializers.get(name)).toEqual({ name, shape, values });
  expect(initializers.get('/labels')?.values).toEqual(labels);
  expect(Buffer.compare(exportModel(trainer, { features, labels }), bytes)).toBe(0);
  await trainer.dispose();
});

describe('exportModel refuses', () => {
  let trainer: Trainer;
  const feature = (name: string) => ({ name, kind: 'numeric', mean: 0, deviation: 1 }) as const;

  test.each<[string, Loss, ExportOptions]>([
    ['a classifier without labels', 'softmax-cross-entropy', { features: [feature('x')] }],
    ['too few labels', 'softmax-cross-entropy', { features: [feature('x')], labels: ['a', 'b'] }],
    ['the same label twice', 'softmax-cross-entropy', { features: [feature('x')], labels: ['a', 'b', 'a'] }],
    [
      'scaled targets of a classifier',
      'softmax-cross-entropy',
      { features: [feature('x')], labels, target: { mean: 0, deviation: 1 } },
    ],
    ['labels of a regression', 'mean-squared-error', { features: [feature('x')], labels }],
    ['a name that is no identifier', 'mean-squared-error', { features: [feature('Beak Length (mm)')] }],
    ['the name of an output', 'mean-squared-error', { features: [feature('value')] }],
    ['more features than the network takes', 'mean-squared-error', { features: [feature('x'), feature('y')] }],
  ])('%s', async (_name, loss, options) => {
    trainer = await createTrainer({
      network: { inputs: 1, layers: [{ kind: 'dense', units: 3 }] },
      loss,
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      seed: 1,
    });
    expect(() => exportModel(trainer, options)).toThrow(expect.objectContaining({ code: 'invalid-configuration' }));
    await trainer.dispose();
  });
});

test.each([
  ['nothing', new Uint8Array()],
  ['text', new TextEncoder().encode('{"not": "onnx"}')],
  ['zeros', new Uint8Array(64)],
])('%s is no model', (_name, bytes) => {
  expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code: 'model-unreadable' }));
});

test('a model cut anywhere is refused or read, never anything else', async () => {
  const { trainer, features } = await trained('mean-squared-error', columnSets[0] ?? [], 7);
  const bytes = exportModel(trainer, { features });
  await trainer.dispose();
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
      try {
        modelInitializers(decodeModel(bytes.subarray(0, length)));
      } catch (error) {
        expect(error).toMatchObject({ name: 'TrainingError', code: 'model-unreadable' });
      }
    }),
    { numRuns: 300 },
  );
  expect(() => decodeModel(bytes.subarray(0, bytes.length - 3))).toThrow(
    expect.objectContaining({ code: 'model-unreadable' }),
  );
});
