import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  configNumber,
  createTrainer,
  encodeFeatures,
  exportModel,
  featureWidth,
  fitFeatures,
  oneHot,
  platform,
  RandomNumbers,
  stratifiedSplit,
  train,
  type Dataset,
} from '@artenic/training';
import { columns, readPenguins, type Penguin } from './penguins.ts';

const heldOutFraction = 0.2;
const checkpointEverySteps = 50;

const job = platform();
const epochs = configNumber(job.config, 'epochs', { fallback: 120, minimum: 1, maximum: 100_000, whole: true });
const batchSize = configNumber(job.config, 'batchSize', { fallback: 16, minimum: 1, maximum: 4096, whole: true });
const learningRate = configNumber(job.config, 'learningRate', { fallback: 0.005, minimum: 1e-9, maximum: 1e9 });
const seed = configNumber(job.config, 'seed', { fallback: 7, minimum: 0, maximum: 2 ** 53 - 1, whole: true });
// makes the job last longer, so that you can test failures while it runs
const stepDelayMs = configNumber(job.config, 'stepDelayMs', { fallback: 0, minimum: 0, maximum: 60_000 });

const { penguins, dropped } = readPenguins(job.dataFile('penguins.json'));
console.log(`${penguins.length} penguins; ${dropped} left out because a measurement is missing`);

const labels = [...new Set(penguins.map(({ species }) => species))].sort();
const split = stratifiedSplit(penguins, ({ species }) => species, heldOutFraction, RandomNumbers.fromSeed(seed));
// scaling and categories are computed from the training rows only
const features = fitFeatures(
  columns,
  split.train.map(({ row }) => row),
);
const datasetOf = (birds: readonly Penguin[]): Dataset => ({
  rows: birds.length,
  features: encodeFeatures(
    features,
    birds.map(({ row }) => row),
  ),
  targets: oneHot(
    birds.map(({ species }) => labels.indexOf(species)),
    labels.length,
  ),
});

const trainer = await createTrainer({
  network: {
    inputs: featureWidth(features),
    layers: [{ kind: 'dense', units: 16 }, { kind: 'relu' }, { kind: 'dense', units: labels.length }],
  },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'adamw', learningRate },
  clipNorm: 1,
  seed,
});

const { outcome, step, metrics } = await train({
  trainer,
  data: datasetOf(split.train),
  validation: datasetOf(split.heldOut),
  epochs,
  batchSize,
  checkpoints: { directory: job.checkpointDir, everySteps: checkpointEverySteps },
  stopRequested: job.stopRequested,
  checkpointRequested: job.checkpointRequested,
  callbacks: {
    onResume: (path, from) => console.log(`going on from step ${from} (${path})`),
    onStep: async ({ step, epoch, loss, progress }) => {
      if (!Number.isFinite(loss)) job.reportMetrics({ step, epoch, loss, progress });
      if (stepDelayMs > 0) await sleep(stepDelayMs);
    },
    onEpochEnd: ({ step, epoch, metrics }) => {
      job.reportMetrics({ step, epoch, ...metrics });
      if (epoch % 10 === 0 || epoch === epochs) {
        const shown = Object.entries(metrics).map(([name, value]) => `${name} ${value.toFixed(4)}`);
        console.log(`epoch ${epoch}/${epochs}: ${shown.join(', ')}`);
      }
    },
  },
});

if (outcome === 'completed') {
  writeFileSync(job.outputFile('model.onnx'), exportModel(trainer, { features, labels }));
  // a bird that the network has never seen, for a test prediction
  const [unseen] = split.heldOut;
  writeFileSync(job.outputFile('held-out.json'), JSON.stringify({ inputs: unseen?.row, label: unseen?.species }));
  console.log(`model.onnx written after ${step} steps; ${split.heldOut.length} penguins were held out`, metrics);
} else {
  console.log(`stopped at step ${step}; the checkpoint is written`);
}
await trainer.dispose();
job.close();
