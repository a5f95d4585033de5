import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  createTrainer,
  RandomNumbers,
  train,
  type Dataset,
  type TrainerSpec,
  type TrainerState,
} from '@artenic/training';
import { randomBatch } from './cases.ts';
import { withFolder } from './folder.ts';

const spec: TrainerSpec = {
  network: { inputs: 5, layers: [{ kind: 'dense', units: 16 }, { kind: 'relu' }, { kind: 'dense', units: 3 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
  clipNorm: 0.5,
  seed: 3,
};

function rowsOf(rows: number, seed: number): Dataset {
  const { features, targets } = randomBatch(spec.network, spec.loss, rows, RandomNumbers.fromSeed(seed));
  return { rows, features: Float32Array.from(features), targets: Float32Array.from(targets) };
}

function difference(one: TrainerState, other: TrainerState): number {
  const pairs = one.tensors.flatMap(({ values }, at) =>
    Array.from(values, (value, index) => Math.abs(value - (other.tensors[at]?.values[index] ?? Number.NaN))),
  );
  return Math.max(...pairs);
}

/** Pids of data-parallel worker processes that this test process has started. */
function workers(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = / (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) ./s, ''))?.[1];
        return (
          Number(parent) === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('parallel-worker')
        );
      } catch {
        // The process ended during the search.
        return false;
      }
    })
    .map(Number);
}

test.each([2, 3])(
  '%i processes make the step of one on the joined batch, also with uneven shards',
  async (processes) => {
    const alone = await createTrainer(spec);
    const shared = await createTrainer(spec, { processes });
    const again = await createTrainer(spec, { processes });
    for (const [index, rows] of [12, 7, 5, 3, 2, 1].entries()) {
      const batch = rowsOf(rows, index);
      const expected = await alone.step(batch);
      const result = await shared.step(batch);
      await again.step(batch);
      expect(Math.abs(result.loss - expected.loss)).toBeLessThan(1e-6);
      expect(Math.abs((result.gradientNorm ?? 0) - (expected.gradientNorm ?? 1))).toBeLessThan(1e-6);
      expect(result.outputs.length).toBe(expected.outputs.length);
      expect(difference(shared.snapshot(), alone.snapshot())).toBeLessThan(1e-6);
    }
    expect(again.snapshot()).toEqual(shared.snapshot());
    await Promise.all([alone, shared, again].map((trainer) => trainer.dispose()));
    expect(workers()).toEqual([]);
  },
);

test('a killed worker ends the step with a typed error, and a new group goes on from the checkpoint', async () => {
  await withFolder(async (directory) => {
    const data = rowsOf(20, 1);
    const options = { data, epochs: 4, batchSize: 5, checkpoints: { directory, everySteps: 3 } };
    const broken = await createTrainer(spec, { processes: 2 });
    const onStep = ({ step }: { readonly step: number }) => {
      if (step === 8) process.kill(workers()[0] ?? 0, 'SIGKILL');
    };
    const running = train({ ...options, trainer: broken, callbacks: { onStep } });
    await expect(running).rejects.toMatchObject({ code: 'worker-lost' });
    await broken.dispose();

    const resumed = await createTrainer(spec, { processes: 2 });
    let from = 0;
    const onResume = (_path: string, step: number) => {
      from = step;
    };
    await train({ ...options, trainer: resumed, callbacks: { onResume } });
    const whole = await createTrainer(spec, { processes: 2 });
    await train({ data, epochs: 4, batchSize: 5, trainer: whole });
    expect(from).toBe(6);
    expect(resumed.snapshot()).toEqual(whole.snapshot());
    await Promise.all([resumed.dispose(), whole.dispose()]);
  });
});

test.each([{ precision: 'mixed-float16' }, { gradientCheckpointing: true }] as const)(
  'what the runtime cannot do is refused: %j',
  async (runtime) => {
    await expect(createTrainer(spec, runtime)).rejects.toMatchObject({ code: 'unsupported' });
  },
);
