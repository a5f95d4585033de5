import type { AttemptView, ModelSignature, PredictResponse } from '@artenic/core';
import type { ChartRun } from '../../../web/src/charts/metric-runs.ts';
import type { JobTimes } from '../../../web/src/features/timeline/segments.ts';

const zeroMs = Date.UTC(2026, 0, 15, 9, 30);
const at = (second: number): string => new Date(zeroMs + second * 1000).toISOString();

/** Repeatable noise in [-1, 1). */
const noise = (seed: number): number => ((Math.sin(seed * 12.9898) * 43_758.5453) % 1) * 2 - 1;

/** A loss curve over 50,000 steps with a spike and a gap. */
export const longRun: ChartRun = {
  id: 'long',
  name: 'loss',
  x: Array.from({ length: 50_000 }, (_, step) => step),
  y: Array.from({ length: 50_000 }, (_, step) => {
    if (step === 31_337) return 3.2;
    if (step > 20_000 && step < 23_000) return null;
    return 0.08 + 2.2 * Math.exp(-step / 7000) + 0.05 * noise(step);
  }),
};

export const manyRuns: readonly ChartRun[] = Array.from({ length: 8 }, (_, run) => ({
  id: `run-${run}`,
  name: `resnet-${['lr3e-4', 'lr1e-3', 'wd', 'aug', 'mixup', 'ema', 'sgd', 'adamw'][run] ?? ''}`,
  x: Array.from({ length: 400 }, (_, step) => step * 25),
  y: Array.from({ length: 400 }, (_, step) =>
    step > 120 && step < 128 && run === 3
      ? Number.NaN
      : (1.4 + run * 0.12) * Math.exp(-step / (60 + run * 14)) + 0.02 + run * 0.015 + 0.02 * noise(step + run * 999),
  ),
}));

/** A falling loss of 30 points: a plain moving average would draw its end far too high. */
export const sparseRun: ChartRun = {
  id: 'sparse',
  name: 'val_loss',
  x: Array.from({ length: 30 }, (_, at) => at * 100),
  y: Array.from({ length: 30 }, (_, at) => 1.5 + 3 * Math.exp(-at / 6)),
};

/** A quiet curve with one value far above it. */
export const spikedRun: ChartRun = {
  id: 'spiked',
  name: 'grad_norm',
  x: Array.from({ length: 400 }, (_, at) => at),
  y: Array.from({ length: 400 }, (_, at) => (at === 200 ? 40 : 1 + 0.5 * Math.sin(at / 20))),
};

export const timedRuns: readonly ChartRun[] = manyRuns.slice(0, 2).map((run) => ({
  ...run,
  x: run.x.map((step) => zeroMs + step * 400),
  y: run.y.map((value) => (value === null ? null : 900 + value * 300)),
}));

type Stamps = readonly [number, number | null, number | null, number | null, number | null];

const costOf = ([, , hello, , ended]: Stamps): number =>
  hello === null || ended === null ? 0 : Math.ceil(((ended - hello) * 1_200_000) / 3600);

function attempt(
  number: number,
  stamps: Stamps,
  kind: 'preempted' | 'succeeded' | 'stockout' | null,
  saves: readonly number[],
): AttemptView {
  const [created, ...others] = stamps;
  const [launchedAt, helloAt, runningAt, endedAt] = others.map((second) => (second === null ? null : at(second)));
  const message = kind === 'preempted' ? 'The provider reclaimed the instance with 30 s notice.' : '';
  return {
    id: `attempt-${number}`,
    jobId: 'job',
    attempt: number,
    provider: 'local',
    region: 'eu-west',
    instanceType: 'gpu.large',
    ...{ spot: true, priceUsdMicrosPerHour: 1_200_000, billedFrom: helloAt ?? null, billedUntil: endedAt ?? null },
    cost: { usdMicros: costOf(stamps), isFinal: endedAt !== null },
    state: kind === null ? 'running' : 'ended',
    ending: kind === null ? null : { kind, exitCode: null, message },
    endingRefused: null,
    restoredFrom: number > 2 ? 'epoch-12' : null,
    createdAt: at(created),
    launchedAt: launchedAt ?? null,
    ...{ helloAt: helloAt ?? null, lastHeartbeatAt: endedAt ?? runningAt ?? null },
    runningAt: runningAt ?? null,
    endedAt: endedAt ?? null,
    reason: number === 1 ? 'first choice' : 'the last attempt was preempted; the same offer again',
    checkpoints: saves.map((second, index) => ({
      name: `epoch-${index + 1}`,
      sequence: index + 1,
      createdAt: at(second),
    })),
  };
}

export const job: JobTimes = { state: 'succeeded', createdAt: at(0), finishedAt: at(1216) };
export const attempts: readonly AttemptView[] = [
  attempt(1, [4, 21, null, null, 66], 'stockout', []),
  attempt(2, [71, 74, 118, 167, 437], 'preempted', [240, 320, 400]),
  attempt(3, [452, 453, 490, 503, 815], 'preempted', [580, 660, 740, 812]),
  attempt(4, [826, 828, 861, 872, 1201], 'succeeded', [950, 1030, 1110, 1190]),
];

export const signature: ModelSignature = {
  inputs: [
    { name: 'features', type: 'float32', shape: ['batch', 4] },
    { name: 'species_hint', type: 'string', shape: ['batch', 1] },
    { name: 'is_wild', type: 'bool', shape: [] },
    { name: 'spectrum', type: 'float32', shape: ['batch', 128] },
  ],
  outputs: [{ name: 'probabilities', type: 'float32', shape: ['batch', 3] }],
  labels: ['setosa', 'versicolor', 'virginica'],
};

export const prediction: PredictResponse = {
  model: 'iris',
  version: 3,
  outputs: { probabilities: [0.0213, 0.9342, 0.0445] },
  label: 'versicolor',
  latencyMs: 1.84,
};
