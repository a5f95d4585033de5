// Steps per second of the trainer, compared with typed-array loops and PyTorch on the same net in the same run:
// TORCH_PYTHON=<python with torch> node test/bench/trainer.ts [net, for example 128-1024-1024-10] [rounds]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  createTrainer,
  oneHot,
  RandomNumbers,
  train,
  type Dataset,
  type Layer,
  type Optimizer,
} from '@artenic/training';
import { plainStep } from './plain-step.ts';
import { alternate, median, ratio } from './serving/report.ts';
import { rounded } from './statistics.ts';

const batchSize = 64;
const rows = 50_048;
const learningRate = 0.05;
const script = fileURLToPath(new URL('./torch_steps.py', import.meta.url));

type Case = {
  readonly widths: readonly number[];
  readonly optimizer: Optimizer;
  readonly steps: number;
  readonly plainSteps: number;
};

const sgd: Optimizer = { kind: 'sgd', learningRate };
const adamw: Optimizer = { kind: 'adamw', learningRate: 0.001 };
/** Steps per round. */
const cases: readonly Case[] = [
  { widths: [16, 64, 2], optimizer: sgd, steps: 3000, plainSteps: 1500 },
  { widths: [16, 64, 2], optimizer: adamw, steps: 2000, plainSteps: 0 },
  { widths: [128, 1024, 1024, 10], optimizer: sgd, steps: 200, plainSteps: 4 },
  { widths: [128, 1024, 1024, 10], optimizer: adamw, steps: 100, plainSteps: 0 },
];

/** Rows of noise around a random centre for each class. */
function clusters(inputs: number, classes: number, random: RandomNumbers): Dataset {
  const centres = Float32Array.from({ length: classes * inputs }, () => random.normal());
  const labels = Uint32Array.from({ length: rows }, () => random.below(classes));
  const features = new Float32Array(rows * inputs);
  for (let place = 0; place < features.length; place++) {
    const centre = (labels[Math.floor(place / inputs)] ?? 0) * inputs + (place % inputs);
    features[place] = (centres[centre] ?? 0) + random.normal();
  }
  return { rows, features, targets: oneHot(labels, classes) };
}

function layersOf(widths: readonly number[]): readonly Layer[] {
  return widths.slice(1).flatMap((units, index): Layer[] => {
    const dense: Layer = { kind: 'dense', units };
    return index === widths.length - 2 ? [dense] : [dense, { kind: 'relu' }];
  });
}

async function measureTrainer({ widths, optimizer, steps }: Case, data: Dataset, threads: number): Promise<number> {
  const [inputs = 0] = widths;
  const network = { inputs, layers: layersOf(widths) };
  const trainer = await createTrainer({ network, loss: 'softmax-cross-entropy', optimizer, seed: 1 }, { threads });
  const warmUp = Math.min(20, steps);
  let startedAt = 0;
  let endedAt = 0;
  let done = 0;
  await train({
    trainer,
    data,
    epochs: 100,
    batchSize,
    stopRequested: () => done >= steps + warmUp,
    callbacks: {
      onStep: () => {
        done++;
        if (done === warmUp) startedAt = performance.now();
        endedAt = performance.now();
      },
    },
  });
  await trainer.dispose();
  return (1000 * steps) / (endedAt - startedAt);
}

function measurePlain({ widths, plainSteps }: Case, data: Dataset): number | null {
  if (plainSteps === 0) return null;
  const random = RandomNumbers.fromSeed(1);
  const pairs = widths.slice(1).map((outputs, index) => [widths[index] ?? 0, outputs] as const);
  const net = {
    widths,
    weights: pairs.map(([inputs, outputs]) => {
      const deviation = Math.sqrt(2 / inputs);
      return Float32Array.from({ length: inputs * outputs }, () => deviation * random.normal());
    }),
    biases: pairs.map(([, outputs]) => new Float32Array(outputs)),
  };
  const [inputs = 0] = widths;
  const outputs = widths.at(-1) ?? 0;
  const step = (index: number) => {
    const from = (index * batchSize) % rows;
    const x = data.features.subarray(from * inputs, (from + batchSize) * inputs);
    const y = data.targets.subarray(from * outputs, (from + batchSize) * outputs);
    return plainStep(net, x, y, batchSize, learningRate);
  };
  step(0);
  const startedAt = performance.now();
  for (let index = 1; index <= plainSteps; index++) step(index);
  return (1000 * plainSteps) / (performance.now() - startedAt);
}

/** The same rounds in PyTorch, in a process that waits between them; null without `TORCH_PYTHON`. */
function startTorch({ widths, optimizer, steps }: Case, threads: number) {
  const python = process.env['TORCH_PYTHON'];
  if (python === undefined) return null;
  const args = [script, widths.join('-'), optimizer.kind, String(threads), String(steps)];
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  return {
    round: async (): Promise<number> => {
      const answered = once(lines, 'line') as Promise<[string]>;
      child.stdin.write('\n');
      return (JSON.parse((await answered)[0]) as { readonly stepsPerSecond: number }).stepsPerSecond;
    },
    stop: async (): Promise<void> => {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

/** Rounds in turn, so that a slow moment of the machine does not affect only one side. */
async function compare(one: Case, data: Dataset, threads: number) {
  const torch = startTorch(one, threads);
  const ours = () => measureTrainer(one, data, threads);
  if (torch === null) return { ours: (await alternate(rounds, { ours })).ours, torch: null };
  await torch.round();
  const taken = await alternate(rounds, { ours, torch: torch.round });
  await torch.stop();
  return taken;
}

const results = [];
const allThreads = availableParallelism();
const [wanted, times] = process.argv.slice(2);
const rounds = Number(times ?? 7);
console.log(`batch ${batchSize}, ${rows} generated rows, ${rounds} rounds, ${cpus()[0]?.model ?? 'unknown processor'}`);
for (const one of cases) {
  const net = one.widths.join('-');
  if (wanted !== undefined && wanted !== net) continue;
  const data = clusters(one.widths[0] ?? 0, one.widths.at(-1) ?? 0, RandomNumbers.fromSeed(9));
  const plain = measurePlain(one, data);
  for (const threads of new Set([1, allThreads])) {
    const { ours, torch } = await compare(one, data, threads);
    const told = [`${net} ${one.optimizer.kind}, ${threads} threads: ${rounded(median(ours))} steps/s`];
    if (torch !== null) {
      const best = Math.max(...ours) / Math.max(...torch);
      told.push(
        `PyTorch ${rounded(median(torch))}, ratio ${rounded(ratio(ours, torch), 2)} (best ${rounded(best, 2)})`,
      );
    }
    if (plain !== null) told.push(`plain TypeScript ${rounded(plain)}, ratio ${rounded(median(ours) / plain)}`);
    console.log(told.join('; '));
    results.push({ net, optimizer: one.optimizer.kind, threads, ours, torch, plain });
  }
}
console.log(JSON.stringify({ bench: 'trainer', batchSize, rows, node: process.version, results }));
