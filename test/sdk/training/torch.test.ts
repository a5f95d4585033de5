import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createTrainer, schedule, type Loss, type Network, type Optimizer, type Schedule } from '@artenic/training';

type Golden = {
  readonly widths: readonly number[];
  readonly rows: number;
  readonly runs: readonly {
    readonly loss: Loss;
    readonly optimizer: Optimizer;
    readonly clipNorm: number | null;
    readonly features: readonly number[];
    readonly targets: readonly number[];
    readonly first: Readonly<Record<string, readonly number[]>>;
    readonly losses: readonly number[];
    readonly norms: readonly number[];
    readonly last: Readonly<Record<string, readonly number[]>>;
  }[];
  readonly schedules: readonly { readonly schedule: Schedule; readonly rates: readonly number[] }[];
};

// Written by goldens/make.py.
const golden = JSON.parse(readFileSync(new URL('./goldens/torch.json', import.meta.url), 'utf8')) as Golden;
const [inputs = 0, ...units] = golden.widths;
const network: Network = {
  inputs,
  layers: units.flatMap((width, index) =>
    index === units.length - 1
      ? [{ kind: 'dense' as const, units: width }]
      : [{ kind: 'dense' as const, units: width }, { kind: 'relu' as const }],
  ),
};

const runs = golden.runs.flatMap((run) => [1, 2].map((processes) => [run, processes] as const));

test.each(runs)('five steps from the same weights are those of PyTorch (%#)', async (run, processes) => {
  const { loss, optimizer, clipNorm } = run;
  const spec = { network, loss, optimizer, seed: 1, ...(clipNorm === null ? {} : { clipNorm }) };
  const trainer = await createTrainer(spec, { processes });
  trainer.setParameters(
    trainer.parameters().map((one) => ({ ...one, values: Float32Array.from(run.first[one.name] ?? []) })),
  );
  const batch = {
    rows: golden.rows,
    features: Float32Array.from(run.features),
    targets: Float32Array.from(run.targets),
  };
  for (const [index, expected] of run.losses.entries()) {
    const result = await trainer.step(batch);
    expect(Math.abs(result.loss - expected)).toBeLessThan(2e-6);
    if (clipNorm !== null) {
      expect(Math.abs((result.gradientNorm ?? Number.NaN) - (run.norms[index] ?? 0))).toBeLessThan(5e-6);
    }
  }
  const gaps = trainer
    .parameters()
    .flatMap(({ name, values }) => Array.from(values, (value, at) => Math.abs(value - (run.last[name]?.[at] ?? NaN))));
  expect(Math.max(...gaps)).toBeLessThan(1e-5);
  await trainer.dispose();
});

test.each(golden.schedules)('the rates of $schedule.kind are those of PyTorch', ({ schedule: plan, rates }) => {
  const rate = schedule(plan);
  for (const [step, expected] of rates.entries()) expect(Math.abs(rate(step) - expected)).toBeLessThan(1e-12);
  expect(rate(rates.length + 50)).toBeLessThanOrEqual(rates.at(-1) ?? 0);
});

test('a constant schedule is one', () => {
  expect([0, 7, 1e6].map(schedule({ kind: 'constant', learningRate: 0.3 }))).toEqual([0.3, 0.3, 0.3]);
});

test.each<Schedule>([
  { kind: 'constant', learningRate: 0 },
  { kind: 'cosine', learningRate: 0.1, steps: 0 },
  { kind: 'cosine', learningRate: 0.1, steps: 5, minimum: 1 },
  { kind: 'one-cycle', learningRate: 0.1, steps: 1 },
  { kind: 'one-cycle', learningRate: 0.1, steps: 10, warmUp: 1 },
])('a schedule that cannot be is refused: %j', (plan) => {
  expect(() => schedule(plan)).toThrow(expect.objectContaining({ code: 'invalid-configuration' }));
});
