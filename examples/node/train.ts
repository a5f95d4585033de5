import { writeFileSync } from 'node:fs';
import {
  configNumber,
  createTrainer,
  encodeFeatures,
  exportModel,
  featureWidth,
  fingerprintRows,
  fitFeatures,
  oneHot,
  platform,
  RandomNumbers,
  schedule,
  stratifiedHoldoutSplit,
  train,
  type Dataset,
} from '@artenic/training';

const job = platform();
const whole = (name: string, fallback: number, minimum: number, maximum: number) =>
  configNumber(job.config, name, { fallback, minimum, maximum, whole: true });
const rows = whole('rows', 1200, 20, 1_000_000);
const epochs = whole('epochs', 80, 1, 100_000);
const batchSize = whole('batchSize', 32, 1, 4096);
const patience = whole('patience', 10, 1, 10_000);
const seed = whole('seed', 7, 0, 2 ** 53 - 1);
const processes = whole('processes', 1, 1, 64);

const labels = ['inside', 'outside'];
const random = RandomNumbers.fromSeed(seed);
const points = Array.from({ length: rows }, () => ({ x: 2 * random.normal(), y: random.normal() }));
const classes = points.map(({ x, y }) => (Math.hypot(x / 2, y) < 1.2 ? 0 : 1));
const { sha256, xxh64 } = await fingerprintRows(points);
console.log(`${rows} points, sha256 ${sha256}, xxh64 ${xxh64}`);

const split = stratifiedHoldoutSplit(classes, 0.2, seed);
const pointsAt = (places: Uint32Array) => Array.from(places, (place) => points[place] ?? { x: 0, y: 0 });
// scaling is computed from the training rows only
const features = fitFeatures(
  [
    { name: 'x', kind: 'numeric' },
    { name: 'y', kind: 'numeric' },
  ],
  pointsAt(split.train),
);
const datasetOf = (places: Uint32Array): Dataset => ({
  rows: places.length,
  features: encodeFeatures(features, pointsAt(places)),
  targets: oneHot(
    Array.from(places, (place) => classes[place] ?? 0),
    labels.length,
  ),
});

const trainer = await createTrainer(
  {
    network: {
      inputs: featureWidth(features),
      layers: [{ kind: 'dense', units: 24 }, { kind: 'relu' }, { kind: 'dense', units: labels.length }],
    },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'adamw', learningRate: 0.01 },
    clipNorm: 1,
    seed,
  },
  { processes },
);
const steps = epochs * Math.ceil(split.train.length / batchSize);
const result = await train({
  trainer,
  data: datasetOf(split.train),
  validation: datasetOf(split.heldOut),
  epochs,
  batchSize,
  learningRate: schedule({ kind: 'one-cycle', learningRate: 0.02, steps }),
  earlyStopping: { metric: 'val_loss', patience },
  best: { metric: 'val_loss', restore: true },
  checkpoints: { directory: job.checkpointDir, everySteps: 50 },
  stopRequested: job.stopRequested,
  checkpointRequested: job.checkpointRequested,
  callbacks: {
    onResume: (path, step) => console.log(`going on from step ${step} (${path})`),
    onEpochEnd: ({ step, epoch, metrics }) => job.reportMetrics({ step, epoch, ...metrics }),
    onBest: ({ epoch, value }) => console.log(`epoch ${epoch}: val_loss ${value.toFixed(4)}, the best so far`),
  },
});
if (result.outcome === 'stopped') {
  console.log(`stopped at step ${result.step}; the checkpoint is written`);
} else {
  writeFileSync(job.outputFile('model.onnx'), exportModel(trainer, { features, labels }));
  console.log(
    `${result.outcome} after ${result.step} steps; model.onnx has the weights of epoch ${result.best?.epoch}`,
  );
}
await trainer.dispose();
job.close();
