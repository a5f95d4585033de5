import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createTrainer,
  RandomNumbers,
  schedule,
  readNewestCheckpoint,
  train,
  type Dataset,
  type EpochReport,
  type Loss,
  type Optimizer,
  type TrainerSpec,
  type TrainOptions,
  type TrainResult,
} from '@artenic/training';
import { losses, networks, randomBatch } from './cases.ts';
import { withFolder } from './folder.ts';

const optimizers: readonly Optimizer[] = [
  { kind: 'sgd', learningRate: 0.05 },
  { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
  { kind: 'adamw', learningRate: 0.01 },
];

class Crash extends Error {}

function datasetOf(spec: { network: TrainerSpec['network']; loss: Loss }, rows: number, seed: number): Dataset {
  const { features, targets } = randomBatch(spec.network, spec.loss, rows, RandomNumbers.fromSeed(seed));
  return { rows, features: Float32Array.from(features), targets: Float32Array.from(targets) };
}

type Ending = {
  readonly result: TrainResult | null;
  readonly epochs: readonly EpochReport[];
  readonly resumedFrom: number;
  /** Weights, optimizer state, generator and step, bit by bit. */
  readonly state: string;
};

/** Trains as a single process would, with a trainer of its own. */
async function runOnce(
  spec: TrainerSpec,
  options: Omit<TrainOptions, 'trainer'>,
  crashAt: number | null = null,
): Promise<Ending> {
  const trainer = await createTrainer(spec);
  const epochs: EpochReport[] = [];
  let resumedFrom = 0;
  let result: TrainResult | null = null;
  try {
    result = await train({
      ...options,
      trainer,
      callbacks: {
        onStep: ({ step }) => {
          if (step === crashAt) throw new Crash();
        },
        onEpochEnd: (report) => void epochs.push(report),
        onResume: (_path, step) => {
          resumedFrom = step;
        },
        onRefusedCheckpoint: () => undefined,
      },
    });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  const { tensors, ...rest } = trainer.snapshot();
  const bits = tensors.map(({ name, values }) => [name, Buffer.from(values.buffer).toString('hex')]);
  await trainer.dispose();
  return { result, epochs, resumedFrom, state: JSON.stringify({ rest, bits }) };
}

const scenarios = fc.record({
  network: networks,
  loss: losses,
  optimizer: fc.constantFrom(...optimizers),
  clipNorm: fc.constantFrom(undefined, 0.1),
  rows: fc.integer({ min: 1, max: 13 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
  epochs: fc.integer({ min: 1, max: 4 }),
  everySteps: fc.integer({ min: 1, max: 5 }),
  plan: fc.constantFrom<Pick<TrainOptions, 'earlyStopping' | 'best' | 'learningRate'>>(
    {},
    {
      earlyStopping: { metric: 'val_loss', patience: 2 },
      best: { metric: 'val_loss', restore: true },
      learningRate: schedule({ kind: 'cosine', learningRate: 0.05, steps: 12 }),
    },
    {
      earlyStopping: { metric: 'loss', patience: 1, minDelta: 0.05 },
      best: { metric: 'val_loss' },
      learningRate: schedule({ kind: 'one-cycle', learningRate: 0.1, steps: 20 }),
    },
  ),
  seed: fc.nat(),
  end: fc.constantFrom('stop', 'crash'),
  where: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('a run that stops or crashes anywhere and goes on has the bits of one that never did', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const { network, loss, optimizer, clipNorm, rows, batchSize, epochs, everySteps, seed, end, where, plan } =
        scenario;
      const spec = { network, loss, optimizer, seed, ...(clipNorm === undefined ? {} : { clipNorm }) };
      const data = datasetOf(spec, rows, seed + 1);
      const options = { data, validation: datasetOf(spec, 3, seed + 2), epochs, batchSize, ...plan };
      await withFolder(async (directory) => {
        const checkpoints = { directory, everySteps };
        const whole = await runOnce(spec, options);
        const steps = whole.result?.step ?? 0;
        const cut = 1 + Math.floor(where * (steps - 1));
        let asked = 0;
        const stopRequested = () => end === 'stop' && ++asked === cut;
        const cutShort = await runOnce(spec, { ...options, checkpoints, stopRequested }, end === 'crash' ? cut : null);
        const rest = await runOnce(spec, { ...options, checkpoints });
        const afterCrash = Math.floor((cut - 1) / everySteps) * everySteps;
        const cutIsEnd = cut === steps;
        expect(cutShort.result?.outcome ?? 'crash').toBe(
          end === 'crash' ? 'crash' : cutIsEnd ? whole.result?.outcome : 'stopped',
        );
        expect(rest.resumedFrom).toBe(end === 'crash' ? afterCrash : cut);
        expect(rest.state).toBe(whole.state);
        expect(rest.result).toEqual(whole.result);
        const known = new Map([...cutShort.epochs, ...rest.epochs].map((report) => [report.epoch, report]));
        expect([...known.values()]).toEqual(whole.epochs);
      });
    }),
    { numRuns: 40, seed: 99 },
  );
});

const spec: TrainerSpec = {
  network: { inputs: 3, layers: [{ kind: 'dense', units: 4 }, { kind: 'relu' }, { kind: 'dense', units: 2 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'adamw', learningRate: 0.01 },
  seed: 5,
};
const data = datasetOf(spec, 10, 6);
const options = { data, epochs: 4, batchSize: 4 };

test('keeps the last three files and nothing half-written', async () => {
  await withFolder(async (directory) => {
    await runOnce(spec, { ...options, checkpoints: { directory, everySteps: 2 } });
    const names = [8, 10, 12].map((step) => `checkpoint-${String(step).padStart(12, '0')}.ckpt`);
    expect(readdirSync(directory).sort()).toEqual(names);
  });
});

test('a corrupt newest file is refused and named, the one before is used, and the end is the same', async () => {
  await withFolder(async (directory) => {
    const checkpoints = { directory, everySteps: 2 };
    await runOnce(spec, { ...options, checkpoints }, 7);
    const newest = join(directory, 'checkpoint-000000000006.ckpt');
    truncateSync(newest, 300);
    expect(readNewestCheckpoint(directory).refused).toEqual([
      { path: newest, reason: expect.stringMatching(/cut short/) },
    ]);
    const rest = await runOnce(spec, { ...options, checkpoints });
    expect(rest.resumedFrom).toBe(4);
    expect(rest.state).toBe((await runOnce(spec, options)).state);
  });
});

test('with every file corrupt the run starts anew, and says which files it passed over', async () => {
  await withFolder(async (directory) => {
    const path = join(directory, 'checkpoint-000000000006.ckpt');
    writeFileSync(path, 'not a checkpoint');
    writeFileSync(join(directory, '.checkpoint-000000000008.ckpt.tmp'), 'half');
    const trainer = await createTrainer(spec);
    const refused: string[] = [];
    const checkpoints = { directory, everySteps: 100 };
    const onRefusedCheckpoint = (file: string) => void refused.push(file);
    const { step } = await train({ ...options, trainer, checkpoints, callbacks: { onRefusedCheckpoint } });
    await trainer.dispose();
    expect(refused).toEqual([path]);
    expect(step).toBe(12);
    expect(readFileSync(join(directory, 'checkpoint-000000000012.ckpt')).length).toBeGreaterThan(300);
  });
});

test.each<[string, Partial<TrainerSpec>, Partial<TrainOptions>]>([
  ['seed', { seed: 6 }, {}],
  ['optimizer', { optimizer: { kind: 'adamw', learningRate: 0.02 } }, {}],
  ['network', { network: { inputs: 3, layers: [{ kind: 'dense', units: 2 }] } }, {}],
  ['clipNorm', { clipNorm: 1 }, {}],
  ['batchSize', {}, { batchSize: 5 }],
  ['dataSha256', {}, { data: datasetOf(spec, 10, 7) }],
])('a checkpoint with another %s is not continued', async (field, otherSpec, otherOptions) => {
  await withFolder(async (directory) => {
    const checkpoints = { directory, everySteps: 2 };
    await runOnce(spec, { ...options, checkpoints }, 3);
    const going = runOnce({ ...spec, ...otherSpec }, { ...options, ...otherOptions, checkpoints });
    await expect(going).rejects.toMatchObject({ code: 'checkpoint-mismatch', message: expect.stringContaining(field) });
  });
});

test('a finished run can be made longer, as if it had been asked for at once', async () => {
  await withFolder(async (directory) => {
    const checkpoints = { directory, everySteps: 100 };
    await runOnce(spec, { ...options, epochs: 2, checkpoints });
    const longer = await runOnce(spec, { ...options, checkpoints });
    expect(longer.resumedFrom).toBe(6);
    expect(longer.state).toBe((await runOnce(spec, options)).state);
  });
});
